"""Typed symbolic memory: one array per struct field, indexed by address (Burstall, Tuch).

TRUSTED.  It is sound because every access shows that a struct of that type is claimed at that
address, and every claim shows that it overlaps no other (headers.py).  Bytes outside claims are a byte
array.  Pages come and go by the contract of model/language/machine.py (pages.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import z3

from model.language.words import WORD_BYTES
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.arrays import SymArray
from proofs.engine.ghost import SymSet
from proofs.engine.headers import CLAIM_DISJOINT, CLAIM_MAPPED, RETIRED, Headers, number_of
from proofs.engine.operating import SymOperation
from proofs.engine.pages import GIVEN_CLAIMS, UNMAP_CLAIMS, UNMAP_MAPPED, Pages
from proofs.engine.state import SymPages, SymState
from proofs.engine.store import CLAIMED, WORDS, acts, number, sort_of, truth
from proofs.engine.values import SymInt, term_of, wrap

__all__ = [
    "CLAIMED",
    "CLAIM_DISJOINT",
    "CLAIM_MAPPED",
    "COPY_DISJOINT",
    "FITS",
    "GIVEN_CLAIMS",
    "RAW_CLAIMS",
    "RAW_MAPPED",
    "RETIRED",
    "UNMAP_CLAIMS",
    "UNMAP_MAPPED",
    "WORDS",
    "SymMemory",
    "SymOperation",
    "number_of",
]

Term = Any

FITS = "a stored value fits the field"
RAW_MAPPED = "raw bytes are touched only in mapped pages"
RAW_CLAIMS = "raw bytes are touched only where no header lies"
COPY_DISJOINT = "the ranges of a copy do not overlap"


class SymMemory(Headers, Pages):
    """The Memory protocol over Z3 arrays."""

    def fork(self) -> SymMemory:
        """A memory in the same state, for another path."""
        other = object.__new__(SymMemory)
        other.__dict__.update(self.__dict__)
        other.arrays = dict(self.arrays)
        other.touched = None if self.touched is None else list(self.touched)
        return other

    # ------------------------------------------------------------ fields

    @unseen
    def read(self, field: Any, address: Any) -> Any:
        """Load a field; its value lies in the field's range."""
        self.rests_on("read")
        key = self._own_field(field)
        self.pay(1)
        place = self._place(field.struct, address)
        self._show_claimed(field.struct.__name__, place)
        value = self.arrays[key][place]
        if field.kind != "flag":
            self._know_range(value.term, field.width)
        return value

    @unseen
    def write(self, field: Any, address: Any, value: Any) -> None:
        """Store a field; the value must fit, and be of the field's kind."""
        acts()
        self.rests_on("write")
        key = self._own_field(field)
        self.pay(1)
        place = self._place(field.struct, address)
        self._show_claimed(field.struct.__name__, place)
        if field.kind == "flag":
            term = truth(value, f"what is stored in {field}")
        else:
            term = number(value, f"what is stored in {field}")
            fits = z3.And(term >= 0, term < 2 ** (8 * field.width))
            paths.current().show("safety", FITS, fits)
        self.arrays[key] = self.arrays[key].set(place, value)
        self._touch(term_of(address) + field.offset, field.width)
        paths.current().relocatable(term)
        if field.struct.__name__ in self.origins:
            paths.current().relocatable(term_of(place))

    @unseen
    def peek(self, field: Any, address: Any) -> Any:
        """Load what may be a field: that of a header if there is one, else what the bytes there say.

        Where no header is claimed, a field's array stands for what the bytes said when the operation began;
        so it does as long as nothing is known to have touched them.
        """
        self.rests_on("peek")
        key = self._own_field(field)
        if self.operation is not None and self.operation.relied_on:
            raise paths.EngineError("an operation on which others rely peeks: its callers may have written before")
        self.pay(1)
        self._kept_by_address(field.struct)
        (at,) = self._words(address)
        start = at + field.offset
        there = z3.And(start >= 0, self._mapped_throughout(start, start + field.width))
        paths.current().show("safety", RAW_MAPPED, there)
        kept = z3.BoolVal(self.touched is not None)
        for low, high in self.touched or []:
            kept = z3.And(kept, z3.Or(start + field.width <= low, high <= start))
        known = z3.Or(term_of(self.arrays[f"claimed.{field.struct.__name__}"][address]), kept)
        anything = z3.Const(paths.current().name("bytes"), sort_of(field))
        seen = wrap(z3.If(known, term_of(self.arrays[key][address]), anything))
        if field.kind != "flag":
            self._know_range(seen.term, field.width)
        return seen

    @unseen
    def array(self, field: Any, address: Any, count: Any) -> SymArray:
        """``count`` one-byte structs, side by side."""
        self.rests_on("array")
        self._own_field(field)
        self._kept_by_address(field.struct)
        self._words(address, count)
        return SymArray(self, field, address, count)

    def _touch(self, start: Term, size: int) -> None:
        """These bytes were written."""
        if self.touched is not None:
            self.touched.append((start, start + size))

    def _place(self, struct: Any, address: Any) -> Any:
        """Where the arrays of ``struct`` keep what lies at ``address``: there, or by its number."""
        at, origin = number(address), self.origins.get(struct.__name__)
        return address if origin is None else SymInt(number_of(at, origin, struct.SIZE))

    def _know_range(self, term: Term, width: int) -> None:
        # ASSUMED: a field of n bytes holds a number of n bytes.
        paths.current().know(z3.And(term >= 0, term < 2 ** (8 * width)), "range")

    # ------------------------------------------------------------ raw bytes

    @unseen
    def fill(self, address: Any, size: Any, byte: Any) -> None:
        """memset over mapped memory without headers."""
        acts()
        self.rests_on("fill")
        at, length = self._words(address, size)
        value = number(byte, "a byte")
        self.touched = None
        end = self._raw_range(at, length)
        paths.current().show("safety", FITS, z3.And(value >= 0, value < 256))
        paths.current().relocatable(value)
        before = self.arrays["byte"]
        self.arrays["byte"] = before.redefined(
            lambda x: SymInt(z3.If(z3.And(at <= x.term, x.term < end), value, before[x].term))
        )
        self.pay(SymInt((length + (WORD_BYTES - 1)) / WORD_BYTES))

    @unseen
    def copy(self, target: Any, source: Any, size: Any) -> None:
        """memcpy between disjoint ranges of mapped memory without headers."""
        acts()
        self.rests_on("copy")
        to, start, length = self._words(target, source, size)
        self.touched = None
        end, source_end = self._raw_range(to, length), self._raw_range(start, length)
        paths.current().show("safety", COPY_DISJOINT, z3.Or(end <= start, source_end <= to, end == to))
        before = self.arrays["byte"]
        self.arrays["byte"] = before.redefined(
            lambda x: wrap(
                z3.If(z3.And(to <= x.term, x.term < end), z3.Select(before.array, x.term - to + start), before[x].term)
            )
        )
        self.pay(SymInt(2 * ((length + (WORD_BYTES - 1)) / WORD_BYTES)))

    def _raw_range(self, low: Term, size: Term) -> Term:
        """The end of a range of raw bytes, shown to be mapped and free of headers."""
        path, end = paths.current(), low + size
        path.show("safety", RAW_MAPPED, z3.And(low >= 0, size >= 0, self._mapped_throughout(low, end)))
        for struct in self.structs.values():
            path.show("safety", RAW_CLAIMS, self._outside(struct, low, end))
        return end

    # ------------------------------------------------------------ log

    @unseen
    def log(self, message: str, *values: Any) -> None:
        """One more line; its first value is remembered."""
        acts()
        for value in values[:1]:
            number(value, "the first value of a log line")
        with paths.current().ghost():
            if values:
                self.arrays["log"] = self.arrays["log"].set(self.log_length, values[0])
            self.log_length = self.log_length + 1

    # ------------------------------------------------------------ loops

    def havoc(self, changes: Collection[str], keep_cost: bool = False) -> None:
        """Forget everything named in ``changes``, and the cost unless it is to be kept."""
        path = paths.current()
        self.touched = None
        if not keep_cost:
            self.cost = SymInt(path.integer("cost"))
            path.know(self.cost.term >= 0)
        for key in changes:
            if key not in self.arrays:
                raise paths.EngineError(f"there is no part of memory called {key} that could change")
            if key == "log":
                self.log_length = SymInt(path.integer("log_length"))
            if key == "mapped":
                self.foreign = SymPages.arbitrary("foreign", z3.BoolSort())
            old = self.arrays[key]
            new = self.arrays[key] = type(old).arbitrary(old.stem, old.array.range())
            if isinstance(new, SymSet) and key.startswith("claimed.") and key[len("claimed.") :] not in self.origins:
                # KEPT, memory.claims_are_addresses.
                path.know(new.all(lambda a: a >= 0).term, "claims_are_addresses")

    def changed_since(self, before: SymState) -> list[str]:
        """Names of the parts that differ from a snapshot."""
        return [key for key, value in self.arrays.items() if not value.array.eq(before.arrays[key].array)]
