"""Our heaps keep what every heap owes (model/heap/): each operation's contract implies the public one's clauses.

An operation of this subject executes nothing.  It is a call of one of our heaps, of which nothing is known but what the
heap's own contract says: for any state before and after, any arguments and any answer that meet it, the clauses of the
public contract hold, and the user holds exactly the live blocks again.  So by induction they hold of every history.

    segment_heap_allocate    is malloc     segment_heap_free, _free_null, _free_nothing  are one operation, called with
    bin_heap_calloc          is calloc     the address of a live block, NULL, or what is neither
    bin_heap_realloc         is realloc    bin_heap_realloc_null is malloc, too; bin_heap_realloc_zero is a free
    segment_heap_trim, ...   grant and free nothing: they owe what every call does

What is left out, and why:

    init, create, destruct, destroy    nobody holds a block before them, or after; a heap's own contract says so
    memset                             it writes where it is told to, and is no call of a heap
    UNTOLD                             our heaps tell nothing of themselves
    UNDECLARED                         promises that none of our heaps makes in these words: kinds.py says why
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from model.bin_heap.contract import PUBLIC as BIN_HEAP
from model.bin_heap.users import lock_of
from model.block_heap.contract import PUBLIC as BLOCK_HEAP
from model.bucket_heap.contract import PUBLIC as BUCKET_HEAP
from model.heap.contract import PUBLIC as EVERY_HEAP
from model.heap.state import NOBODY
from model.heaps.kinds import KINDS
from model.heaps.state import Seen, later, seen
from model.language.contracts import beforehand
from model.language.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, every, negate
from model.language.words import NULL, is_word
from model.segment_heap.contract import PUBLIC as SEGMENT_HEAP

USER = "user"
"""The part of the abstract state that is the user's: what he holds."""
Arguments = dict[str, Any]

UNTOLD = ("is_usable", "counts_free_bytes", "counts_used_bytes", "finds_itself_whole")
"""Clauses about what a heap says of itself."""
UNDECLARED = ("is_aligned_to_size", "zero_gives_block", "all_comes_back", "reuses", "fits_first", "fits_best")
"""Clauses about promises that none of our heaps makes."""
NO_QUESTIONS = dict.fromkeys(("usable", "free_bytes", "used_bytes", "whole"))


@dataclass(frozen=True)
class Call:
    """One operation of a heap, called so that it is what the public contract calls ``owes``.

    ``asked`` gives the public arguments that these are; ``grants`` tells whether the answer is the address of a block,
    or NULL.  ``refusals`` are exceptions by which a call that should not be made is refused.
    """

    heap: str
    operation: Operation
    owes: Operation
    requires: tuple[Clause, ...]
    asked: Callable[[Arguments], Arguments]
    grants: bool
    refusals: tuple[str, ...] = ()
    name: str = ""

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """What of the public contract applies."""
        return tuple(law for law in self.owes.ensures if law.name not in (*UNTOLD, *UNDECLARED))


# ---------------------------------------------------------------- the call, seen from outside


def public(call: Call, t: Transition) -> Transition:
    """The call as the public contract speaks of it; what the user holds after it is not said yet."""
    result = t.result if call.grants and not t.raised else NULL
    user = seen(KINDS[call.heap], t.ghost[USER], t.old, t.heap, t.ghost[call.heap])
    arguments = {"given": NOBODY, "alignment": 1, "size": 0, **NO_QUESTIONS, **call.asked(t.arguments), "block": result}
    raised = "" if t.raised in call.refusals else t.raised
    return Transition(call.operation.name, t.old, t.new, user, arguments, result, raised)


def _after(call: Call, t: Transition) -> Any:
    """The heap's abstract state is the one that its contract leads to; the user holds what the public one says."""
    held = call.owes.after(public(call, t))
    return {**t.ghost_after, USER: later(held, t.new, t.ghost_after[call.heap])}


def _judged(call: Call, law: Clause) -> Clause:
    def formula(t: Transition) -> Truth:
        outside = public(call, t)
        return law.formula(replace(outside, ghost_after=t.ghost_after[USER]))

    return replace(law, formula=formula)


def _still(call: Call) -> Clause:
    def formula(t: Transition) -> Truth:
        user: Seen = t.ghost_after[USER]
        return user.agrees() & user.kind.unharmed(user)

    return replace(holds_live_blocks, formula=formula)


@clause("the user holds exactly the live blocks of the heap, with no more bytes than they have, and has not damaged it")
def holds_live_blocks(t: Transition) -> Truth:
    return False


# ---------------------------------------------------------------- what is relied on


def _agreed(heap: str) -> Clause:
    def formula(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
        user = seen(KINDS[heap], ghost[USER], state, at, ghost[heap])
        return user.agrees() & user.kind.unharmed(user)

    return replace(holds_live_blocks, formula=formula)


@clause("the arguments are machine words")
def words(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    return every([is_word(value) for value in arguments.values()])


@clause("no other call of the bin heap is in progress: its lock is free")
def unlocked(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    return lock_of(state, at) == 0


@clause("the address is that of a block which the user holds")
def of_a_block(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    return ghost[USER].live[arguments["address"]]


@clause("the address is NULL")
def of_null(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    return arguments["address"] == NULL


@clause("the address is neither NULL nor that of a block which the user holds")
def of_nothing(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    address = arguments["address"]
    return (address != NULL) & negate(ghost[USER].live[address])


@clause("some bytes are asked for")
def of_bytes(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    return arguments["size"] > 0


@clause("no bytes are asked for")
def of_no_bytes(state: Any, at: Word, ghost: Any, arguments: Arguments) -> Truth:
    return arguments["size"] == 0


def _within(heap: str, law: Clause) -> Clause:
    """What the heap's own contract relies on."""
    formula = law.formula
    return replace(law, formula=lambda state, at, ghost, arguments: formula(state, at, ghost[heap], arguments))


# ---------------------------------------------------------------- which call is which


def _nothing(arguments: Arguments) -> Arguments:
    return {}


def _size(arguments: Arguments) -> Arguments:
    return {"size": arguments["size"]}


def _product(arguments: Arguments) -> Arguments:
    return {"size": arguments["count"] * arguments["size"]}


def _given(arguments: Arguments) -> Arguments:
    return {"given": arguments["address"]}


def _given_and_size(arguments: Arguments) -> Arguments:
    return {"given": arguments["address"], "size": arguments["size"]}


REFUSALS = ("InvalidFree", "DoubleFree", "HeapCorruption")
"""What a heap of ours may raise of an address at which no live block begins."""
SUBJECTS = {one.name: one for one in (SEGMENT_HEAP, BLOCK_HEAP, BIN_HEAP, BUCKET_HEAP)}
GRANTING = {
    "segment_heap": {"allocate": "malloc"},
    "block_heap": {"malloc": "malloc", "kmalloc": "malloc", "kzalloc": "calloc"},
    "bin_heap": {"malloc": "malloc", "zalloc": "calloc"},
    "bucket_heap": {"alloc": "malloc"},
}
"""Operations that ask for a number of bytes -> what they are."""
FREEING = {"segment_heap": ("free",), "block_heap": ("free", "kfree"), "bin_heap": ("free",), "bucket_heap": ("free",)}
OTHERS = {"segment_heap": ("trim", "dump"), "block_heap": (), "bin_heap": ("trim",), "bucket_heap": ("extend",)}
"""Operations that neither grant nor free."""
OTHER = replace(EVERY_HEAP.operation("free_null"), name="other")
"""What such an operation owes is what every call does."""


def _call(
    heap: str,
    operation: str,
    owes: Operation,
    asked: Callable[[Arguments], Arguments] = _nothing,
    requires: tuple[Clause, ...] = (),
    name: str = "",
    refusals: tuple[str, ...] = (),
) -> Call:
    mine = SUBJECTS[heap].operation(operation)
    lock = (unlocked,) if heap == "bin_heap" else ()
    theirs = tuple(_within(heap, law) for law in mine.requires)
    needed = (words, *lock, _agreed(heap), *requires, *theirs)
    grants = owes.name in ("malloc", "calloc", "realloc", "realloc_zero")
    return Call(heap, mine, owes, needed, asked, grants, refusals, f"{heap}_{operation}{name}")


def _calls() -> Iterator[Call]:
    for heap in SUBJECTS:
        for operation, owes in GRANTING[heap].items():
            yield _call(heap, operation, EVERY_HEAP.operation(owes), _size)
        for operation in FREEING[heap]:
            yield _call(heap, operation, EVERY_HEAP.operation("free"), _given, (of_a_block,))
            yield _call(heap, operation, EVERY_HEAP.operation("free_null"), _nothing, (of_null,), "_null")
            yield _call(
                heap, operation, EVERY_HEAP.operation("bad_free"), _nothing, (of_nothing,), "_nothing", REFUSALS
            )
        for operation in OTHERS[heap]:
            yield _call(heap, operation, OTHER)
    bin_heap, malloc = "bin_heap", EVERY_HEAP.operation("malloc")
    yield _call(bin_heap, "calloc", EVERY_HEAP.operation("calloc"), _product)
    yield _call(bin_heap, "realloc", EVERY_HEAP.operation("realloc"), _given_and_size, (of_a_block, of_bytes))
    yield _call(bin_heap, "realloc", malloc, _size, (of_null,), "_null")
    zero = EVERY_HEAP.operation("realloc_zero")
    yield _call(bin_heap, "realloc", zero, _given, (of_a_block, of_no_bytes), "_zero")


CALLS: Mapping[str, Call] = {call.name: call for call in _calls()}
"""Operation of this subject -> the call that it is."""


def operation_of(call: Call) -> Operation:
    """That the call keeps the public contract."""
    invariants = tuple(beforehand(law, part=call.heap) for law in SUBJECTS[call.heap].invariants)
    ensures = (*(_judged(call, law) for law in call.clauses), _still(call))
    return Operation(
        call.name,
        call.operation.arguments,
        lambda t: _after(call, t),
        ensures,
        (*invariants, *call.requires),
        raises=tuple(call.operation.raises),
    )


PUBLIC = Subject("heaps", (), tuple(map(operation_of, CALLS.values())))
