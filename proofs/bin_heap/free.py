"""How blocks of the bin heap go: unmapped, or merged with free neighbours; and how a block is split."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.shared import (
    OTHER_HEAPS,
    allocated_kept,
    nothing_else_allocated,
    pages_of,
    payloads_kept,
    same_blocks,
)
from model.bin_heap.state import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    HEADER,
    THRESHOLD,
    Blocks,
    by_address,
    end_of,
    live,
    mapped_alone,
    mapped_list,
    size_of,
)
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import PAGE_SIZE, as_advanced
from proofs.bin_heap.costs import FREE_COST, REST_COST, SPLIT_COST, UNMAP_BLOCK_COST
from proofs.bin_heap.shared import (
    BITS,
    COMING,
    LINKS,
    PAGES,
    bins_kept,
    entries_looked_at,
    headers_kept,
    held,
    is_allocated,
    is_listed,
    lower_stand,
    whole_granules,
)
from proofs.engine.helping import inner


@clause("no page goes but those of a block that was mapped for itself")
def pages_stay(t: Transition) -> Truth:
    alone = mapped_alone(t.old, t.block)
    return t.ghost.pages.all(lambda p: t.ghost_after.pages[p] | (alone & _begins_in(t, p)))


@clause("no page goes but those of the block")
def others_pages_stay(t: Transition) -> Truth:
    return t.ghost.pages.all(lambda p: t.ghost_after.pages[p] | _begins_in(t, p))


@clause("no page comes")
def no_page_comes(t: Transition) -> Truth:
    return t.ghost_after.pages.all(lambda p: t.ghost.pages[p])


def _begins_in(t: Transition, p: Word) -> Truth:
    """The page begins in the block."""
    return (t.block <= p * PAGE_SIZE) & (p * PAGE_SIZE < end_of(t.old, t.block))


# ---------------------------------------------------------------- unmap_block


def whole_block(state: Any, b: Word) -> Truth:
    """The block begins and ends at a border of pages."""
    return (b % PAGE_SIZE == 0) & (end_of(state, b) % PAGE_SIZE == 0)


@clause("block is whole pages")
def block_is_whole_pages(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return whole_block(state, given["block"])


@inner
@clause("in the lists of blocks every other one stands where it stood, or one place lower")
def moved_up(t: Transition) -> Truth:
    now, then, lists = t.ghost_after.position, t.ghost.position, t.old.fields("ListEntry").list
    gone = t.block + ADDRESS_ENTRY

    def moved(b: Word) -> Truth:
        e = b + ADDRESS_ENTRY
        behind = (lists[e] == lists[gone]) & (then[e] > then[gone])
        return (b == t.block) | (now[e] == then[e] - when(behind, 1, 0))

    return t.ghost.headers.all(moved)


@clause("the list that the block was in is one shorter, the other of the two lists of blocks is as long as it was")
def one_less(t: Transition) -> Truth:
    now, then, alone = t.ghost_after.length, t.ghost.length, mapped_alone(t.old, t.block)
    of_mapped = now[mapped_list(t.heap)] == then[mapped_list(t.heap)] - when(alone, 1, 0)
    return of_mapped & (now[by_address(t.heap)] == then[by_address(t.heap)] - when(alone, 0, 1))


@clause("block is mapped for itself")
def block_is_mapped_alone(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return mapped_alone(state, given["block"])


@clause("the block is gone, all others are as they were", covers="BIN-5")
def unmapped(t: Transition) -> Truth:
    return same_blocks(t, gone=t.block) & headers_kept(t, t.block)


@clause("no other block meets the one that goes")
def others_lie_apart(t: Transition) -> Truth:
    end = end_of(t.old, t.block)
    return t.ghost_after.headers.all(lambda b: (end_of(t.new, b) <= t.block) | (b >= end))


@clause("exactly the pages of the block are unmapped", covers="BIN-5")
def pages_unmapped(t: Transition) -> Truth:
    return t.new.mapped.less(t.old.mapped, t.block, end_of(t.old, t.block))


@clause("no byte outside the block is touched")
def only_block_wiped(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, t.block, end_of(t.old, t.block))


@clause("as many pages go back as the block has")
def as_many_pages(t: Transition) -> Truth:
    return t.pages_unmapped == pages_of(t.old, t.block)


@clause(f"the call costs at most {UNMAP_BLOCK_COST} loads and stores, and the cost of unmapping its pages")
def unmap_block_cost(t: Transition) -> Truth:
    return t.cost <= UNMAP_BLOCK_COST + UNMAP_COST * pages_of(t.old, t.block)


UNMAP_BLOCK = Operation(
    "unmap_block",
    ("block",),
    as_advanced,
    (
        moved_up,
        bins_kept,
        one_less,
        lower_stand("block"),
        replace(unmapped, lemma=True),
        replace(others_lie_apart, lemma=True, inner=True),
        pages_unmapped,
        replace(only_block_wiped, lemma=True),
        others_pages_stay,
        no_page_comes,
        *OTHER_HEAPS,
        as_many_pages,
        unmap_block_cost,
        entries_looked_at,
    ),
    (held, is_allocated("block"), block_is_whole_pages),
    raises=(),
    changes=(*COMING, *LINKS, *PAGES, "byte"),
)


# ---------------------------------------------------------------- shrink_mapped


@clause("the block has as many bytes")
def has_needed(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return whole_granules(given["needed"]) & (given["needed"] <= size_of(state, given["block"]))


@clause("the block has the bytes still, and less than a page more; nothing else of any header changes")
def shrunk(t: Transition) -> Truth:
    size, flags = size_of(t.new, t.block), t.new.fields("BlockHeader").flags[t.block]
    least = every([size >= t.needed, size < t.needed + PAGE_SIZE, size <= size_of(t.old, t.block)])
    return every([least, flags == t.old.fields("BlockHeader").flags[t.block], headers_kept(t, t.block)])


@clause("exactly the pages that the block had beyond are unmapped")
def rest_unmapped(t: Transition) -> Truth:
    return t.new.mapped.less(t.old.mapped, end_of(t.new, t.block), end_of(t.old, t.block))


@clause("no byte that lies elsewhere is touched")
def only_rest_wiped(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, end_of(t.new, t.block), end_of(t.old, t.block))


SHRINK_COST = 3


@clause(f"the call costs at most {SHRINK_COST} loads and stores, and the cost of unmapping pages of the block")
def shrink_cost(t: Transition) -> Truth:
    return t.cost <= SHRINK_COST + UNMAP_COST * pages_of(t.old, t.block)


SHRINK_MAPPED = Operation(
    "shrink_mapped",
    ("block", "needed"),
    as_advanced,
    (shrunk, rest_unmapped, only_rest_wiped, *OTHER_HEAPS, shrink_cost),
    (held, is_allocated("block"), block_is_mapped_alone, has_needed),
    raises=(),
    changes=("BlockHeader.size", *PAGES, "byte"),
)


# ---------------------------------------------------------------- free_block


@clause("the block is mapped for itself or within the threshold")
def block_is_bounded(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return mapped_alone(state, given["block"]) | (size_of(state, given["block"]) <= THRESHOLD)


@clause("every other allocated block stays so, with its header")
def others_kept(t: Transition) -> Truth:
    return allocated_kept(t, t.block)


@clause("no byte of the payload of any other allocated block is touched")
def other_bytes(t: Transition) -> Truth:
    return payloads_kept(t, t.block)


@clause("whatever is allocated afterwards, but for the block, was so before")
def none_appears(t: Transition) -> Truth:
    return nothing_else_allocated(t, t.block)


@clause("the block is allocated no more")
def freed(t: Transition) -> Truth:
    return negate(t.ghost_after.headers[t.block] & live(t.new, t.block))


@clause("every block below stays one, kept by address or not as before")
def lower_stay(t: Transition) -> Truth:
    def stays(a: Word) -> Truth:
        return t.ghost_after.headers[a] & (mapped_alone(t.new, a) == mapped_alone(t.old, a))

    return t.ghost.headers.all(lambda a: implies(a < t.block, stays(a)))


@clause("unless it is unmapped, it is part of a free block afterwards", covers="BIN-13")
def absorbed(t: Transition) -> Truth:
    def around(b: Word) -> Truth:
        reaches = (b <= t.block) & (end_of(t.new, b) >= end_of(t.old, t.block))
        return negate(live(t.new, b)) & reaches

    nowhere = t.ghost_after.headers.all(lambda b: negate(around(b)))
    return mapped_alone(t.old, t.block) | negate(nowhere)


@clause("exactly the pages of a block that was mapped for itself are unmapped", covers="BIN-5")
def pages_freed(t: Transition) -> Truth:
    alone = mapped_alone(t.old, t.block)
    less = t.new.mapped.less(t.old.mapped, t.block, end_of(t.old, t.block))
    return implies(alone, less) & (alone | t.new.mapped.same(t.old.mapped))


@clause(
    f"the call costs at most {REST_COST} loads and stores for a block within the threshold where no free block ends"
)
def rest_cost(t: Transition) -> Truth:
    none = t.ghost.headers.all(lambda a: live(t.old, a) | (end_of(t.old, a) != t.block))
    return implies(none & negate(mapped_alone(t.old, t.block)), t.cost <= REST_COST)


@clause(
    f"the call costs at most {FREE_COST} loads and stores,"
    " and the cost of unmapping the pages of a block mapped for itself"
)
def free_block_cost(t: Transition) -> Truth:
    paging = when(mapped_alone(t.old, t.block), UNMAP_COST * pages_of(t.old, t.block), 0)
    return t.cost <= FREE_COST + paging


@clause("the list by address is no longer than it was")
def no_longer(t: Transition) -> Truth:
    head = by_address(t.heap)
    return t.ghost_after.length[head] <= t.ghost.length[head]


FREEING = (*COMING, *LINKS, *BITS, *PAGES, "ghost.cover", "byte")

FREE_BLOCK = Operation(
    "free_block",
    ("block",),
    as_advanced,
    (
        lower_stay,
        lower_stand("block"),
        no_longer,
        others_kept,
        other_bytes,
        none_appears,
        freed,
        absorbed,
        pages_freed,
        pages_stay,
        no_page_comes,
        *OTHER_HEAPS,
        free_block_cost,
        rest_cost,
    ),
    (held, is_allocated("block"), block_is_bounded),
    raises=(),
    changes=FREEING,
)


# ---------------------------------------------------------------- block_split


@clause("the size is granules, the block has as many bytes, and what it has beyond is within the threshold")
def can_be_split(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    size, whole = given["size"], size_of(state, given["block"])
    return every([whole_granules(size), size <= whole, whole <= size + HEADER + THRESHOLD])


@clause(
    "the block keeps the wanted bytes, and less than a header and 64 bytes more; it stays allocated", covers="BIN-10"
)
def split_off(t: Transition) -> Truth:
    now, then = t.new.fields("BlockHeader"), t.old.fields("BlockHeader")
    whole = then.size[t.block]
    kept = when(whole >= t.size + HEADER + ALIGNMENT, t.size, whole)
    stays = t.ghost_after.headers[t.block] & (now.flags[t.block] == then.flags[t.block])
    return stays & (now.size[t.block] == kept)


@clause("no byte that the block keeps is touched")
def payload_stays(t: Transition) -> Truth:
    return t.new.bytes.unchanged(t.old, t.block + HEADER, end_of(t.new, t.block))


@clause("no page is mapped or unmapped")
def pages_kept(t: Transition) -> Truth:
    return t.new.mapped.same(t.old.mapped)


block_split_cost = costs("block_split_cost", SPLIT_COST)


BLOCK_SPLIT = Operation(
    "block_split",
    ("block", "size"),
    as_advanced,
    (
        split_off,
        others_kept,
        other_bytes,
        none_appears,
        payload_stays,
        pages_kept,
        pages_stay,
        *OTHER_HEAPS,
        block_split_cost,
    ),
    (held, is_allocated("block"), is_listed("block"), can_be_split),
    raises=(),
    changes=(*FREEING, "ghost.owner"),
)

FREE_STEPS = (UNMAP_BLOCK, SHRINK_MAPPED, FREE_BLOCK, BLOCK_SPLIT)
