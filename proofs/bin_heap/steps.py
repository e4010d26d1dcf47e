"""The steps of which the bin heap's operations are made; each leaves lists, bitmap and blocks in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.shared import OTHER_HEAPS, same_blocks
from model.bin_heap.state import (
    ALIGNMENT,
    HEADER,
    NUM_BINS,
    THRESHOLD,
    WORDS,
    ZEROED,
    Blocks,
    by_address,
    end_of,
    live,
    size_of,
    zeroed,
)
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import as_advanced
from proofs.bin_heap.costs import CARVE_COST, FIRST_BIN_COST, GIVE_COST, JOIN_COST, TAKE_COST
from proofs.bin_heap.ghosts import bin_number, empty_from
from proofs.bin_heap.shared import (
    BITS,
    COMING,
    LINKS,
    by_address_kept,
    entries_looked_at,
    headers_kept,
    held,
    is_allocated,
    is_listed,
    stands_still,
    whole_granules,
)

# ---------------------------------------------------------------- first_bin


@clause("the index is that of a bin")
def index_of_bin(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return (given["index"] >= 0) & (given["index"] < NUM_BINS)


@clause("the first bin from the index on that has a block, or NUM_BINS", covers="BIN-7")
def first_that_serves(t: Transition) -> Truth:
    found = bin_number(t.heap, t.result)
    full = t.old.fields("ListEntry").next[found] != found
    return every(
        [
            t.result >= t.index,
            t.result <= NUM_BINS,
            empty_from(t.old, t.heap, t.ghost, t.index, t.result),
            (t.result == NUM_BINS) | full,
        ]
    )


@clause("every free block as large as those of the bin of the index is as large as those of the bin found")
def none_smaller_serves(t: Transition) -> Truth:
    def larger(b: Word) -> Truth:
        serves = negate(live(t.old, b)) & (size_of(t.old, b) >= ALIGNMENT * (t.index + 1))
        return implies(serves, size_of(t.old, b) >= ALIGNMENT * (t.result + 1))

    return t.ghost.headers.all(larger)


@clause(f"the call loads at most {WORDS} words of bitmap")
def first_bin_cost(t: Transition) -> Truth:
    return t.cost <= FIRST_BIN_COST


FIRST_BIN = Operation(
    "first_bin",
    ("index",),
    as_advanced,
    (replace(first_that_serves, lemma=True), none_smaller_serves, first_bin_cost),
    (held, index_of_bin),
    raises=(),
    changes=(),
    returns="word",
)


# ---------------------------------------------------------------- take and give


@clause("the block is free")
def block_is_free(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return g.headers[given["block"]] & negate(live(state, given["block"]))


@clause("the block is allocated now; no other header changes", covers="BIN-11")
def taken(t: Transition) -> Truth:
    now, then = t.new.fields("BlockHeader").flags, t.old.fields("BlockHeader").flags
    return (now[t.block] == then[t.block] + 1) & headers_kept(t, t.block)


take_cost = costs("take_cost", TAKE_COST)


TAKE = Operation(
    "take",
    ("block",),
    as_advanced,
    (taken, by_address_kept, *OTHER_HEAPS, take_cost, entries_looked_at),
    (held, block_is_free),
    raises=(),
    changes=("BlockHeader.flags", *LINKS, *BITS),
)


@clause("no free block that touches it could be merged with it")
def cannot_be_merged(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    b = given["block"]

    def too_large(a: Word) -> Truth:
        touching = (end_of(state, a) == b) | (end_of(state, b) == a)
        joined = size_of(state, a) + HEADER + size_of(state, b)
        return implies(negate(live(state, a)) & touching, joined > THRESHOLD)

    return (size_of(state, b) <= THRESHOLD) & g.headers.all(too_large)


@clause("the block is free now; no other header changes", covers="BIN-11")
def given_back(t: Transition) -> Truth:
    now = t.new.fields("BlockHeader").flags
    return (now[t.block] == when(zeroed(t.old, t.block), ZEROED, 0)) & headers_kept(t, t.block)


give_cost = costs("give_cost", GIVE_COST)


GIVE = Operation(
    "give",
    ("block",),
    as_advanced,
    (given_back, by_address_kept, *OTHER_HEAPS, give_cost, entries_looked_at),
    (held, is_allocated("block"), is_listed("block"), cannot_be_merged),
    raises=(),
    changes=("BlockHeader.flags", *LINKS, *BITS),
)


# ---------------------------------------------------------------- carve and join


@clause("the size is granules, and leaves a header and 64 bytes")
def room_for_rest(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    enough = given["size"] + HEADER + ALIGNMENT <= size_of(state, given["block"])
    return whole_granules(given["size"]) & enough


@clause("the block has the size, the rest is an allocated block directly behind it", covers="BIN-10")
def carved(t: Transition) -> Truth:
    now, then = t.new.fields("BlockHeader"), t.old.fields("BlockHeader")
    rest = t.block + HEADER + t.size
    return every(
        [
            t.result == rest,
            same_blocks(t, come=rest),
            t.ghost_after.headers[rest],
            negate(t.ghost.headers[rest]),
            now.size[t.block] == t.size,
            now.flags[t.block] == then.flags[t.block],
            now.size[rest] == then.size[t.block] - t.size - HEADER,
            now.flags[rest] == then.flags[t.block],
            headers_kept(t, t.block),
        ]
    )


carve_cost = costs("carve_cost", CARVE_COST)


CARVE = Operation(
    "carve",
    ("block", "size"),
    as_advanced,
    (carved, stands_still("block"), *OTHER_HEAPS, carve_cost, entries_looked_at),
    (held, is_allocated("block"), is_listed("block"), room_for_rest),
    raises=(),
    changes=(*COMING, *LINKS, "ghost.owner", "ghost.cover"),
    returns="word",
)


@clause("the two blocks touch")
def touching(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return end_of(state, given["left"]) == given["right"]


@clause("the left block reaches to the end of the right one, which is gone", covers="BIN-13")
def joined(t: Transition) -> Truth:
    now, then = t.new.fields("BlockHeader"), t.old.fields("BlockHeader")
    same = then.flags[t.left] == then.flags[t.right]
    return every(
        [
            same_blocks(t, gone=t.right),
            now.size[t.left] == then.size[t.left] + HEADER + then.size[t.right],
            now.flags[t.left] == when(same, then.flags[t.left], 1),
            headers_kept(t, t.left, t.right),
        ]
    )


@clause("no byte of a payload is touched")
def only_header_wiped(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, t.right, t.right + HEADER)


@clause("no other block meets the header that goes")
def others_lie_elsewhere(t: Transition) -> Truth:
    return t.ghost_after.headers.all(lambda b: (b == t.left) | (end_of(t.new, b) <= t.right) | (b >= t.right + HEADER))


@clause("if both blocks hold nothing but 0, so does the block that they become")
def zeroed_together(t: Transition) -> Truth:
    both = zeroed(t.old, t.left) & zeroed(t.old, t.right)
    return implies(both, t.new.bytes.filled(t.left + HEADER, end_of(t.new, t.left), 0))


@clause("the list by address is one shorter")
def one_shorter(t: Transition) -> Truth:
    head = by_address(t.heap)
    return t.ghost_after.length[head] == t.ghost.length[head] - 1


join_cost = costs("join_cost", JOIN_COST)


JOIN = Operation(
    "join",
    ("left", "right"),
    as_advanced,
    (
        replace(joined, lemma=True),
        only_header_wiped,
        replace(others_lie_elsewhere, lemma=True, inner=True),
        replace(zeroed_together, lemma=True, inner=True),
        stands_still("left"),
        one_shorter,
        *OTHER_HEAPS,
        join_cost,
        entries_looked_at,
    ),
    (held, is_allocated("left"), is_listed("left"), is_allocated("right"), is_listed("right"), touching),
    raises=(),
    changes=(*COMING, *LINKS, "ghost.cover", "byte"),
)

STEPS = (FIRST_BIN, TAKE, GIVE, CARVE, JOIN)
