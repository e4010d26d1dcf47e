"""How pages of the bin heap go back that are kept by address: free blocks that touch are joined, and cut at borders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.contract import DESTROY, TRIM, idle
from model.bin_heap.shared import (
    OTHER_HEAPS,
    allocated_kept,
    handed_out,
    nothing_else_allocated,
    payloads_kept,
    same_blocks,
)
from model.bin_heap.state import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    HEADER,
    Blocks,
    by_address,
    end_of,
    live,
    mapped_alone,
    mapped_list,
)
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate
from model.language.machine import UNMAP_COST
from model.language.words import PAGE_SIZE, as_advanced
from proofs.bin_heap.costs import FREE_ONE_COST, GATHER_COST, LOOK_COST, RELEASE_COST, RUN_COST, UNMAP_ONE_COST
from proofs.bin_heap.free import freed, lower_stay, no_longer, no_page_comes, none_appears, others_kept, whole_block
from proofs.bin_heap.shared import (
    BITS,
    COMING,
    LINKS,
    PAGES,
    headers_kept,
    held,
    is_allocated,
    is_listed,
    length_kept,
    lower_stand,
)
from proofs.bin_heap.steps import block_is_free
from proofs.engine.helping import helped, inner

GATHERING = (*COMING, *LINKS, *BITS, "ghost.cover", "byte")
RELEASING = (*GATHERING, *PAGES, "ghost.owner")

# ---------------------------------------------------------------- gather


def none_ends_at(state: Any, g: Blocks, block: Word) -> Truth:
    """No free block ends where ``block`` begins."""
    return g.headers.all(lambda a: live(state, a) | (end_of(state, a) != block))


def became_one(now: Any, new: Blocks, then: Any, old: Blocks, block: Word, left: Word) -> Truth:
    """``left`` is an allocated block that ends where ``block`` did."""
    there = every([new.headers[left], live(now, left), negate(mapped_alone(now, left)), left <= block])
    return there & (end_of(now, left) == end_of(then, block))


def was_free(now: Any, new: Blocks, then: Any, old: Blocks, block: Word, left: Word) -> Truth:
    """What lay from ``left`` on before ``block`` was free."""
    return old.headers.all(lambda a: implies((left <= a) & (a < block), negate(live(then, a))))


def _same(now: Any, then: Any, a: Word) -> Truth:
    header, before = now.fields("BlockHeader"), then.fields("BlockHeader")
    return (header.flags[a] == before.flags[a]) & (header.size[a] == before.size[a])


def outside_stay(now: Any, new: Blocks, then: Any, old: Blocks, block: Word, left: Word) -> Truth:
    """Every block before ``left`` or behind ``block`` is as it was."""
    return old.headers.all(lambda a: ((left <= a) & (a <= block)) | (new.headers[a] & _same(now, then, a)))


def none_new(now: Any, new: Blocks, then: Any, old: Blocks, block: Word, left: Word) -> Truth:
    """There is no other block than those and ``left``."""

    def known(a: Word) -> Truth:
        return (a == left) | every([old.headers[a], _same(now, then, a), (a < left) | (a > block)])

    return new.headers.all(known)


def only_wiped(now: Any, new: Blocks, then: Any, old: Blocks, block: Word, left: Word) -> Truth:
    """No byte before ``left`` is touched, and none of a payload but in between."""
    return now.bytes.unchanged_outside(then, left, block + HEADER)


def lower_stand_still(now: Any, new: Blocks, then: Any, old: Blocks, block: Word, left: Word) -> Truth:
    """In the list by address ``left`` and every block below stand where they stood."""

    def still(a: Word) -> Truth:
        e = a + ADDRESS_ENTRY
        return implies((a <= left) & negate(mapped_alone(then, a)), new.position[e] == old.position[e])

    return every([old.headers[left], negate(mapped_alone(then, left)), old.headers.all(still)])


GATHERED = (
    ("became_one", "the first of the blocks reaches to the end of the last, and is allocated", became_one),
    ("was_free", "what is joined with the block was free", was_free),
    ("outside_stay", "every block elsewhere is as it was", outside_stay),
    ("none_new", "there is no other block than those and the joined one", none_new),
    (
        "lower_stand",
        "the first of the blocks was one, and it and those below stand where they stood",
        lower_stand_still,
    ),
    ("only_wiped", "no byte outside of what is joined is touched", only_wiped),
)


def _of_result(law: Any) -> Any:
    return lambda t: law(t.new, t.ghost_after, t.old, t.ghost, t.block, t.result)


@clause("no free block ends where the joined one begins")
def none_before(t: Transition) -> Truth:
    return none_ends_at(t.new, t.ghost_after, t.result)


@clause(f"the call costs at most {LOOK_COST} loads, and {GATHER_COST} loads and stores for each block that is joined")
def gather_cost(t: Transition) -> Truth:
    place = t.ghost.position
    joined = place[t.block + ADDRESS_ENTRY] - place[t.result + ADDRESS_ENTRY]
    return t.cost <= LOOK_COST + GATHER_COST * joined


GATHER = Operation(
    "gather",
    ("block",),
    as_advanced,
    (
        *(replace(none_before, name=name, sentence=said, formula=_of_result(law)) for name, said, law in GATHERED),
        none_before,
        *OTHER_HEAPS,
        gather_cost,
    ),
    (held, is_allocated("block"), is_listed("block")),
    raises=(),
    changes=GATHERING,
    returns="word",
)


# ---------------------------------------------------------------- release_pages


@clause("no byte of the payload of any other allocated block is touched")
def other_bytes(t: Transition) -> Truth:
    return payloads_kept(t, t.block)


@clause("a block of whole pages is gone, and all others are as they were")
def whole_goes(t: Transition) -> Truth:
    return implies(whole_block(t.old, t.block), same_blocks(t, gone=t.block) & headers_kept(t, t.block))


@clause("every page of the block goes back that leaves nothing, or room for a smallest block, on either side")
def pages_go(t: Transition) -> Truth:
    begin, end, room = t.block, end_of(t.old, t.block), HEADER + ALIGNMENT

    def stays(p: Word) -> Truth:
        low, high = p * PAGE_SIZE, (p + 1) * PAGE_SIZE
        behind = (high != end) & (high + room > end)
        return ((low != begin) & (low < begin + room)) | behind

    return t.new.mapped.all(stays)


@clause(f"the call costs at most {RELEASE_COST} loads and stores, and the cost of unmapping the pages that go back")
def release_pages_cost(t: Transition) -> Truth:
    return t.cost <= RELEASE_COST + UNMAP_COST * t.pages_unmapped


RELEASE_PAGES = Operation(
    "release_pages",
    ("block",),
    as_advanced,
    (
        lower_stay,
        lower_stand("block"),
        others_kept,
        other_bytes,
        none_appears,
        freed,
        whole_goes,
        pages_go,
        no_page_comes,
        *OTHER_HEAPS,
        release_pages_cost,
    ),
    (held, is_allocated("block"), is_listed("block")),
    raises=(),
    changes=RELEASING,
)


# ---------------------------------------------------------------- release_run


def on_list(state: Any, heap: Word, g: Blocks, entry: Word) -> Truth:
    """``entry`` is in the list by address, or its head."""
    return g.entries[entry] & (state.fields("ListEntry").list[entry] == by_address(heap))


def none_beyond(state: Any, heap: Word, g: Blocks, entry: Word) -> Truth:
    """No block that is kept by address lies beyond ``entry``; none at all if that is the head."""
    return g.headers.all(
        lambda a: mapped_alone(state, a) | ((entry != by_address(heap)) & (a + ADDRESS_ENTRY <= entry))
    )


@clause("the entry is one of the list by address below the block, or the head")
def comes_before(t: Transition) -> Truth:
    below = (t.result == by_address(t.heap)) | (t.result < t.block + ADDRESS_ENTRY)
    return on_list(t.new, t.heap, t.ghost_after, t.result) & below


@clause("every allocated block stays so, with its header")
def all_stay(t: Transition) -> Truth:
    return allocated_kept(t)


@clause("no byte of the payload of any allocated block is touched")
def all_bytes(t: Transition) -> Truth:
    return payloads_kept(t)


@clause("nothing becomes allocated")
def none_comes(t: Transition) -> Truth:
    return nothing_else_allocated(t)


@clause("if nothing is allocated, and no block lies beyond the last, none lies beyond the entry afterwards")
def cleared_down(t: Transition) -> Truth:
    before = idle(t.old, t.ghost) & none_beyond(t.old, t.heap, t.ghost, t.block + ADDRESS_ENTRY)
    return implies(before, none_beyond(t.new, t.heap, t.ghost_after, t.result))


@clause("in the list by address the entry stands lower than the block did")
def stands_lower(t: Transition) -> Truth:
    now, then = t.ghost_after.position, t.ghost.position
    return now[t.result] < then[t.block + ADDRESS_ENTRY]


@clause(
    f"the call costs at most {RUN_COST - 1} loads and stores for each block by address that it passes, and the cost of"
    " unmapping the pages that go back"
)
def release_run_cost(t: Transition) -> Truth:
    passed = t.ghost.position[t.block + ADDRESS_ENTRY] - t.ghost_after.position[t.result]
    return t.cost <= (RUN_COST - 1) * passed + UNMAP_COST * t.pages_unmapped


RELEASE_RUN = Operation(
    "release_run",
    ("block",),
    as_advanced,
    (
        comes_before,
        stands_lower,
        all_stay,
        all_bytes,
        none_comes,
        cleared_down,
        no_page_comes,
        *OTHER_HEAPS,
        release_run_cost,
    ),
    (held, block_is_free),
    raises=(),
    changes=RELEASING,
    returns="word",
)


# ---------------------------------------------------------------- release_free, free_kept, free_mapped


@clause("if nothing was allocated, no block is left")
def emptied(t: Transition) -> Truth:
    return implies(idle(t.old, t.ghost), t.ghost_after.headers.all(lambda a: negate(t.ghost_after.headers[a])))


@clause(
    f"the call costs at most 1 load, {RUN_COST} loads and stores for each block by address, and the cost of unmapping"
    " the pages that go back"
)
def release_free_cost(t: Transition) -> Truth:
    return t.cost <= 1 + RUN_COST * t.ghost.length[by_address(t.heap)] + UNMAP_COST * t.pages_unmapped


RELEASE_FREE = Operation(
    "release_free",
    (),
    as_advanced,
    (all_stay, all_bytes, none_comes, emptied, no_page_comes, *OTHER_HEAPS, release_free_cost),
    (held,),
    raises=(),
    changes=RELEASING,
)


@clause("no block that is kept by address is allocated")
def kept_are_free(t: Transition) -> Truth:
    return t.ghost_after.headers.all(lambda a: mapped_alone(t.new, a) | negate(live(t.new, a)))


@clause(f"the call costs at most 1 load, and {FREE_ONE_COST} loads and stores for each block by address")
def free_kept_cost(t: Transition) -> Truth:
    return t.cost <= 1 + FREE_ONE_COST * t.ghost.length[by_address(t.heap)]


FREE_KEPT = Operation(
    "free_kept",
    (),
    as_advanced,
    (kept_are_free, no_longer, none_comes, no_page_comes, *OTHER_HEAPS, free_kept_cost),
    (held, handed_out),
    raises=(),
    changes=RELEASING,
)


@clause("no block is mapped for itself")
def none_mapped(t: Transition) -> Truth:
    return t.ghost_after.headers.all(lambda a: negate(mapped_alone(t.new, a)))


@clause("the list by address is as long as it was")
def as_long(t: Transition) -> Truth:
    return length_kept(t)


@clause(
    f"the call costs at most 1 load, {UNMAP_ONE_COST} loads and stores for each block mapped for itself, and the cost"
    " of unmapping the pages that go back"
)
def free_mapped_cost(t: Transition) -> Truth:
    return t.cost <= 1 + UNMAP_ONE_COST * t.ghost.length[mapped_list(t.heap)] + UNMAP_COST * t.pages_unmapped


FREE_MAPPED = Operation(
    "free_mapped",
    (),
    as_advanced,
    (none_mapped, as_long, none_comes, no_page_comes, *OTHER_HEAPS, free_mapped_cost),
    (held,),
    raises=(),
    changes=RELEASING,
)


@inner
@clause("the block is looked at in which a page of the heap begins")
def covers_looked_at(t: Transition) -> Truth:
    g = t.ghost_after
    looked: Truth = g.pages.all(lambda p: mention(g.cover[p * PAGE_SIZE]))
    return looked


TRIMMING = (
    GATHER,
    RELEASE_PAGES,
    RELEASE_RUN,
    RELEASE_FREE,
    FREE_KEPT,
    FREE_MAPPED,
    helped(TRIM, steps={"all_pages_back": (covers_looked_at,)}),
    helped(DESTROY, steps={"nothing_left": (covers_looked_at,)}),
)
