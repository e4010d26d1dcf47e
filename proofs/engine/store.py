"""What symbolic memory consists of: an array for each field of each struct, claims, pages, bytes, a log, a cost.

TRUSTED: what is known of memory on entry, and which arguments the machine takes.

Whatever changes memory, or asks the machine, shows first that its arguments are machine words, and is
refused inside a specification.  Structs and fields are those of the proof, by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import z3

from model.language.logic import NO_ANSWERS, Answers
from model.language.machine import PAGES_REST_ON, RESTS_ON
from model.language.words import WORD_BITS, WORD_BYTES
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap, SymSet, bound, for_all
from proofs.engine.operating import SymOperation
from proofs.engine.state import SymBytes, SymPages, SymState
from proofs.engine.values import SymBool, SymInt, term_of

Term = Any

PROVED_BITS = 64
"""The word of the page tables and of the virtual memory, of which it is proved what memory promises."""
CLAIMED = "a field is accessed only where a header of its type is known to be"
WORDS = "every address, size and count that the machine is given is a machine word"

WIDTHS = tuple(width for width in (1, 2, 4, 8) if width <= WORD_BYTES)
"""Bytes that a machine loads as one number."""
RESERVED = ("claimed",)
"""Names that no struct may have: what is known of it would be kept where other things are."""
KEPT = {
    "memory.claims_are_addresses": "a header that is claimed lies at an address that is not negative",
    "memory.claims_are_mapped": "a header that is claimed lies in pages that are mapped",
}
"""What is known of memory at any time: none is claimed at first, and every step shows what it takes to keep it."""


def number(value: Any, what: str = "an address, a size or a count") -> Term:
    """The term of a value that must be an integer; a truth is none."""
    if type(value) not in (int, SymInt):
        raise paths.EngineError(f"{what} is a number, not {value!r}")
    return term_of(value)


def truth(value: Any, what: str) -> Term:
    """The term of a value that must be a truth; a number is none."""
    if type(value) not in (bool, SymBool):
        raise paths.EngineError(f"{what} is a truth, not {value!r}")
    return term_of(value)


def acts() -> None:
    """Specifications say what holds; they do nothing."""
    if paths.current().ghost_depth:
        raise paths.EngineError("a specification changes memory, or asks the machine for something")


def check_struct(name: str, struct: Any) -> None:
    """A struct has a name of its own, a size, and fields that are its own and nobody else's."""
    fields = struct.FIELDS
    if struct.__name__ != name or name in RESERVED:
        raise paths.EngineError(f"the struct {struct.__name__} cannot be called {name}")
    if struct.SIZE <= 0:
        raise paths.EngineError(f"the struct {name} has no size")
    if any(field.struct is not struct or not _sound(field) for field in fields):
        raise paths.EngineError(f"the struct {name} has a field of another, or one that no machine can load")
    ends = [0, *(field.offset + field.width for field in fields)]
    if any(field.offset < end for field, end in zip(fields, ends, strict=False)) or ends[-1] > struct.SIZE:
        raise paths.EngineError(f"the fields of the struct {name} overlap, or do not lie in it in their order")


def _sound(field: Any) -> bool:
    """Whether a machine loads the field as one number or one truth."""
    return field.width in ((1,) if field.kind == "flag" else WIDTHS) and field.kind in ("flag", "word")


class Store:
    """The contents of memory, and what all of its operations share."""

    def __init__(self, structs: dict[str, Any], numbered: Collection[str] = (), virtual: bool = False) -> None:
        for name, struct in structs.items():
            check_struct(name, struct)
        self.structs = structs
        self.virtual = virtual
        self.arrays: dict[str, SymMap] = {}
        self.cost: Any = 0
        self.log_length: Any = SymInt(paths.current().integer("log_length"))
        self.pages_mapped: Any = 0
        self.pages_asked: Any = 0
        self.pages_unmapped: Any = 0
        self.asked_at: Any = 0
        self.refused: Any = False
        self.answers: Answers = NO_ANSWERS
        self.operation: SymOperation | None = None
        self.origins: dict[str, Term] = {}
        self.touched: list[tuple[Term, Term]] | None = []
        self.numbering: Mapping[str, Callable[[SymState], Any]] = {}
        self.settled: dict[str, SymMap] = {}
        self.gone: Mapping[str, tuple[Any, ...]] = {}
        for name, struct in structs.items():
            for field in struct.FIELDS:
                self.arrays[f"{name}.{field.name}"] = SymMap.arbitrary(f"{name}.{field.name}", sort_of(field))
            claimed = SymSet.arbitrary(f"claimed.{name}", z3.BoolSort())
            self.arrays[f"claimed.{name}"] = claimed
            if name not in numbered:
                # KEPT, memory.claims_are_addresses.
                paths.current().know(claimed.all(lambda a: a >= 0).term, "claims_are_addresses")
        self.arrays["mapped"] = SymPages.arbitrary("mapped", z3.BoolSort())
        self.foreign = SymPages.arbitrary("foreign", z3.BoolSort())
        self.arrays["byte"] = SymBytes.arbitrary("byte", z3.IntSort())
        self.arrays["log"] = SymMap.arbitrary("log", z3.IntSort())

    def state(self) -> SymState:
        """A snapshot."""
        sizes = {name: struct.SIZE for name, struct in self.structs.items()}
        by_number = frozenset(self.origins) | frozenset(self.numbering)
        return SymState(dict(self.arrays), sizes, self.cost, self.log_length, by_number)

    def rests_on(self, operation: str) -> None:
        """The program takes for granted what is proved of that operation of its memory.

        RAM loads and stores bytes by itself; pages, and the bytes of a virtual memory, come through page tables.
        """
        if self.virtual and operation not in RESTS_ON:
            raise paths.EngineError(f"nothing says on what {operation} of a virtual memory rests (RESTS_ON)")
        if WORD_BITS == PROVED_BITS and (self.virtual or operation in PAGES_REST_ON):
            # ASSUMED: with words of 32 bits memory keeps the same contract, which is proved of x86-64's page tables.
            paths.current().rests |= frozenset(RESTS_ON[operation])

    def pay(self, count: Any) -> None:
        """``count`` loads or stores more."""
        if paths.current().ghost_depth:
            return
        with paths.current().ghost():
            self.cost = self.cost + count

    # ------------------------------------------------------------ arguments

    def _own(self, struct: Any) -> str:
        """The name of a struct, which must be one of this proof's."""
        name = getattr(struct, "__name__", None)
        if not isinstance(name, str):
            raise paths.EngineError("memory is told of a struct by its class, which comes first; this is no class")
        if self.structs.get(name) is not struct:
            raise paths.EngineError(f"{name} is not among the structs of this proof")
        return name

    def _own_field(self, field: Any) -> str:
        """The name of the array of a field, which must be one of a struct of this proof."""
        name = self._own(field.struct)
        if not any(field is own for own in field.struct.FIELDS):
            raise paths.EngineError(f"{name}.{field.name} is not a field of that struct")
        return f"{name}.{field.name}"

    def _words(self, *values: Any) -> list[Term]:
        """The terms of arguments, each of them shown to be a machine word."""
        found = [number(value) for value in values]
        for term in found:
            paths.current().show("safety", WORDS, z3.And(term >= 0, term < paths.WORD_LIMIT))
        return found

    def _asked(self, *values: Any) -> list[Term]:
        """The terms of what the machine is asked about pages; its answer depends on nothing else that is known."""
        found = self._words(*values)
        for term in found:
            paths.current().relocatable(term)
        return found

    def _kept_by_address(self, struct: Any) -> None:
        """Structs that are kept by number can neither come nor go."""
        if struct.__name__ in self.origins:
            raise paths.EngineError(f"{struct.__name__} is kept by number")

    def _show_claimed(self, struct: str, address: Any) -> None:
        if paths.current().ghost_depth:
            return
        paths.current().show("safety", CLAIMED, self.arrays[f"claimed.{struct}"][address].term)

    # ------------------------------------------------------------ what is where

    def _outside(self, struct: Any, low: Term, high: Term) -> Term:
        """Every claim of ``struct`` lies outside [low, high)."""
        name = struct.__name__
        if name not in self.settled:
            self._kept_by_address(struct)
        b = bound("b")
        claimed = z3.Select(self.settled.get(name, self.arrays[f"claimed.{name}"]).array, b)
        apart = z3.Or(b + struct.SIZE <= low, b >= high)
        return for_all([b], z3.Implies(claimed, apart), [claimed])

    def _mapped_throughout(self, low: Term, high: Term) -> Term:
        """Every page that [low, high) touches is mapped."""
        pages: Any = self.arrays["mapped"]
        return pages.covers(SymInt(low), SymInt(high)).term

    def _scramble(self, low: Term, high: Term) -> None:
        """The bytes of [low, high) become arbitrary; all others stay."""
        before, after = self.state(), SymBytes.arbitrary("byte", z3.IntSort())
        self.arrays["byte"] = after
        paths.current().know(after.unchanged_outside(before, SymInt(low), SymInt(high)).term)


def sort_of(field: Any) -> Any:
    """The sort of a field's values."""
    return z3.BoolSort() if field.kind == "flag" else z3.IntSort()
