"""The footprints below the heaps: what the invariants of the frame allocator and of an address space speak of.

    frame allocator    its header: descriptor, list heads, records
    address space      the entries in its own tables, the use of its own frames, and which frames there are
    virtual memory     the same: what its TLB holds is no part of memory

Several spaces share one frame allocator, so its account of frames changes while a space does nothing.  Others keep to
what is theirs: of a frame of this space they change no use, and into none they lay an entry; where they lay one, they
have that frame.  An account is sound if it speaks of frames that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.address_space.invariants import INVARIANTS as SPACE_INVARIANTS
from model.address_space.invariants import in_memory
from model.address_space.state import UNUSED, Space, aligned, frame_at
from model.frame_allocator.contract import PUBLIC as FRAME_ALLOCATOR
from model.frame_allocator.single_frames import LIVE
from model.frame_allocator.state import ORDERS, Ghosts, seen
from model.language.contracts import beforehand
from model.language.logic import Clause, Operation, Transition, Truth, Word, every, implies
from model.virtual_memory.state import INVARIANTS as VIRTUAL_INVARIANTS


@dataclass(frozen=True)
class Account:
    """What the frame allocator says of all frames, after others have acted."""

    use: Any
    free_frames: Word


# ---------------------------------------------------------------- agreement


def same_header(new: Any, old: Any, heap: Word, ghosts: Ghosts) -> Truth:
    """The header of the frame allocator is there, and says what it said: records by frame, lists by order."""
    f, g = seen(old, heap, ghosts), seen(new, heap, ghosts)
    words = [(f.origin, g.origin), (f.start, g.start), (f.end, g.end), (f.free_frames, g.free_frames)]
    records = [(f.state, g.state), (f.order, g.order), (f.next, g.next), (f.prev, g.prev)]
    there = [(old.claimed("FrameRecord"), new.claimed("FrameRecord"))]
    lists = [(f.head, g.head), (old.claimed("FreeList"), new.claimed("FreeList"))]
    return every(
        [
            new.claimed("FrameAllocator")[heap] == old.claimed("FrameAllocator")[heap],
            *(now == then for then, now in words),
            *(_same(now, then, f.start, f.end) for then, now in (*records, *there)),
            *(_same(now, then, 0, ORDERS) for then, now in lists),
        ]
    )


def _same(now: Any, then: Any, low: Word, high: Word) -> Truth:
    """Both maps agree on [low, high)."""
    return now.each(low, high, lambda i: now[i] == then[i])


def same_tables(new: Any, old: Any, space: Space) -> Truth:
    """In the tables of the space lie the same entries, and there are the same frames."""
    now, then = new.fields("Entry").value, old.fields("Entry").value
    there, were = new.claimed("Entry"), old.claimed("Entry")
    entries = now.everywhere(lambda s: implies(space.holds(s), now[s] == then[s]))
    claims = there.everywhere(lambda s: implies(space.holds(s), there[s] == were[s]))
    return every([entries, claims, new.mapped.same(old.mapped)])


def others_keep(new: Any, old: Any, space: Space, account: Account) -> Truth:
    """Others change the use of no frame of this space, lay no entry into one, and have the frames of their entries."""
    there, were = new.claimed("Entry"), old.claimed("Entry")

    def theirs(s: Word) -> Truth:
        f = frame_at(s)
        foreign = every([space.role[f] == UNUSED, aligned(s), account.use[f] == LIVE])
        return implies(there[s], were[s] & (space.role[f] != UNUSED) | foreign)

    uses = account.use.everywhere(lambda f: (space.role[f] == UNUSED) | (account.use[f] == space.use[f]))
    return there.everywhere(theirs) & uses


def accounted(state: Any, space: Space, account: Account) -> Truth:
    """The account speaks of frames that there are."""
    return in_memory.formula(state, 0, with_account(space, account))


def with_account(space: Any, account: Account) -> Any:
    """The space, with what the frame allocator says now."""
    return replace(space, use=account.use, free_frames=account.free_frames)


# ---------------------------------------------------------------- operations


def framed(
    name: str,
    laws: Sequence[Clause],
    untouched: Callable[[Transition], Truth],
    after: Callable[[Transition], Any],
    whatever: str = "whatever others do to what is theirs, afterwards",
) -> Operation:
    """Whatever happens elsewhere, the invariants still hold."""

    def still(law: Clause) -> Clause:
        formula = law.formula
        sentence = f"{whatever} {law.sentence}"
        return Clause(law.name, sentence, lambda t: implies(untouched(t), formula(t.new, t.heap, after(t))))

    requires = tuple(beforehand(law, part=name) for law in laws)
    return Operation(f"{name}_framed", (), lambda t: t.ghost, tuple(map(still, laws)), requires, raises=())


def header_untouched(t: Transition) -> Truth:
    """Nobody wrote into the header of the frame allocator."""
    return same_header(t.new, t.old, t.heap, t.ghost["frame_allocator"])


def tables_untouched(name: str, t: Transition) -> Truth:
    """Nobody wrote into the tables of the space, and all others kept to what is theirs."""
    space, account = t.ghost[name], t.ghost["account"]
    kept = same_tables(t.new, t.old, space) & others_keep(t.new, t.old, space, account)
    return kept & accounted(t.new, space, account)


def _of_space(name: str, laws: Sequence[Clause]) -> Operation:
    return framed(
        name, laws, lambda t: tables_untouched(name, t), lambda t: with_account(t.ghost[name], t.ghost["account"])
    )


FRAMED = (
    framed("frame_allocator", FRAME_ALLOCATOR.invariants, header_untouched, lambda t: t.ghost["frame_allocator"]),
    _of_space("address_space", SPACE_INVARIANTS),
    _of_space("virtual_memory", VIRTUAL_INVARIANTS),
)
