"""What the segment heap must do: its invariants, its loops, and the contract of each operation.

The abstract heap is a ``Chain`` (segment_chain.py).  The invariants say that the chain tiles
[start, end), and that RAM shows it truthfully in every header *that still carries its magic*.  A
header that lost its magic may say anything: so every theorem holds for damaged heaps too.

Clauses of an invariant are functions of (state, heap, chain): the memory, the address of the
descriptor, the abstract heap.  Clauses of an operation are functions of a Transition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.logic import (
    Clause,
    Loop,
    Operation,
    Subject,
    Transition,
    Truth,
    Word,
    clause,
    every,
    implies,
    negate,
    when,
)
from model.machine import CANONICAL_END, MAP_COST, PAGE_SIZE, UNMAP_COST
from model.segment_chain import GRANULE, HEADER, NULL, Chain, no_chain

MAGIC = 0x5E60BEEF
DESCRIPTOR = 24
INITIAL_PAGES = 16
WORD_LIMIT = 2**64
LARGEST_REQUEST = 2**64 - 2 * PAGE_SIZE

# ---------------------------------------------------------------- vocabulary


def intact(state: Any, a: Word) -> Truth:
    """The header at ``a`` still carries its magic."""
    return state.fields("Segment").magic[a] == MAGIC


def fits(chain: Chain, a: Word, needed: Word) -> Truth:
    """The segment at ``a`` is free and has at least ``needed`` payload bytes."""
    return chain.free[a] & (chain.size[a] >= needed)


def rounded(size: Word) -> Word:
    """``size`` rounded up to the granule."""
    return (size + (GRANULE - 1)) // GRANULE * GRANULE


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


def unchanged(t: Transition) -> Truth:
    """No byte of RAM, no header and no page mapping differs."""
    return t.new.same_memory(t.old)


def live(chain: Chain, address: Word) -> Truth:
    """``address`` is the payload of a used segment."""
    return chain.headers[address - HEADER] & chain.used(address - HEADER)


def complained(t: Transition) -> Truth:
    """Something was logged."""
    return t.new.log_length != t.old.log_length


# ---------------------------------------------------------------- invariants


@clause("the descriptor holds the start, the end and the last segment of the heap", covers="SEG-6")
def descriptor(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("SegmentHeap")
    return every(
        [
            state.claimed("SegmentHeap")[heap],
            ram.start[heap] == chain.start,
            ram.end[heap] == chain.end,
            ram.last_segment[heap] == chain.last,
        ]
    )


@clause("the chain begins at start, ends at end with the last segment, and lies on whole pages; or the heap is dead")
def bounds(state: Any, heap: Word, chain: Chain) -> Truth:
    dead = every([chain.start == NULL, chain.end == NULL, chain.last == NULL, chain.count == 0])
    alive = every(
        [
            chain.start >= PAGE_SIZE,
            chain.start % PAGE_SIZE == 0,
            chain.end % PAGE_SIZE == 0,
            chain.end <= CANONICAL_END,
            chain.headers[chain.start],
            chain.before[chain.start] == NULL,
            chain.rank[chain.start] == 0,
            chain.headers[chain.last],
            chain.after[chain.last] == chain.end,
            chain.rank[chain.last] == chain.count - 1,
        ]
    )
    return dead | alive


@clause("every segment lies inside the heap and has a payload of at least 16 bytes")
def within(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.all(
        lambda a: every([chain.start <= a, a + HEADER + chain.size[a] <= chain.end, chain.size[a] >= GRANULE])
    )


@clause(
    "every segment begins at a multiple of 16, and its payload size is one",
    needs=(
        "granular",
        "descriptor",
        "bounds",
        "tiling",
        "stored_next",
        "stored_prev",
        "back_links",
        "walk_for_fit.on_chain",
        "walk_for_fit.intact_behind",
        "walk_for_address.on_chain",
        "walk_for_address.intact_behind",
    ),
    covers="SEG-2",
)
def granular(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.all(
        lambda a: (a % GRANULE == 0) & (chain.size[a] % GRANULE == 0), trigger=lambda a: chain.size[a]
    )


@clause("no two segments overlap, and ranks follow addresses")
def disjoint(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.pairs(lambda a, b: (a + HEADER + chain.size[a] <= b) & (chain.rank[a] < chain.rank[b]))


@clause("the next segment begins exactly where a payload ends, and its back link leads back", covers="SEG-5")
def tiling(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.all(
        lambda a: (
            (chain.after[a] == a + HEADER + chain.size[a])
            & implies(
                chain.after[a] != chain.end,
                every(
                    [
                        chain.headers[chain.after[a]],
                        chain.before[chain.after[a]] == a,
                        chain.rank[chain.after[a]] == chain.rank[a] + 1,
                    ]
                ),
            )
        ),
        trigger=lambda a: chain.after[a],
    )


@clause("every segment but the first has a predecessor that leads to it")
def back_links(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.all(
        lambda a: implies(a != chain.start, chain.headers[chain.before[a]] & (chain.after[chain.before[a]] == a)),
        trigger=lambda a: chain.before[a],
    )


@clause("ranks number the segments from 0")
def ranks(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.all(
        lambda a: (chain.rank[a] >= 0) & (chain.rank[a] < chain.count), trigger=lambda a: chain.rank[a]
    )


@clause("no two adjacent segments are both free")
def coalesced(state: Any, heap: Word, chain: Chain) -> Truth:
    return chain.headers.all(
        lambda a: implies((chain.after[a] != chain.end) & chain.free[a], chain.used(chain.after[a])),
        trigger=lambda a: chain.after[a],
    )


@clause("an intact header's next is the following segment, NULL at the last", covers="SEG-5")
def stored_next(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return chain.headers.all(
        lambda a: implies(intact(state, a), ram.next[a] == when(chain.after[a] == chain.end, NULL, chain.after[a])),
        trigger=lambda a: ram.next[a],
    )


@clause("an intact header's prev is the preceding segment, NULL at the first", covers="SEG-5")
def stored_prev(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return chain.headers.all(
        lambda a: implies(intact(state, a), ram.prev[a] == chain.before[a]), trigger=lambda a: ram.prev[a]
    )


@clause("an intact header's size is the size of its payload", covers="SEG-2")
def stored_size(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return chain.headers.all(
        lambda a: implies(intact(state, a), ram.size[a] == chain.size[a]), trigger=lambda a: ram.size[a]
    )


@clause("an intact header's free flag is set exactly if the segment is reclaimable", covers="SEG-4")
def stored_free(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return chain.headers.all(
        lambda a: implies(intact(state, a), ram.free[a] == chain.free[a]), trigger=lambda a: ram.free[a]
    )


@clause("a header lies directly before every payload, and nowhere else in the heap", covers="SEG-1")
def claims(state: Any, heap: Word, chain: Chain) -> Truth:
    claimed = state.claimed("Segment")
    return chain.headers.all(lambda a: claimed[a]) & claimed.all(
        lambda a: chain.headers[a] | (a + HEADER <= chain.start) | (a >= chain.end)
    )


@clause("no descriptor lies inside the heap")
def separate(state: Any, heap: Word, chain: Chain) -> Truth:
    return state.claimed("SegmentHeap").all(lambda d: (d + DESCRIPTOR <= chain.start) | (d >= chain.end))


@clause("exactly the pages of [start, end) are mapped by the heap", covers="SEG-7")
def mapped(state: Any, heap: Word, chain: Chain) -> Truth:
    return state.mapped.exactly(chain.start, chain.end)


INVARIANTS = (
    descriptor,
    bounds,
    within,
    granular,
    disjoint,
    tiling,
    back_links,
    ranks,
    coalesced,
    stored_next,
    stored_prev,
    stored_size,
    stored_free,
    claims,
    separate,
    mapped,
)

# ---------------------------------------------------------------- loops


def passed(current: Word, b: Word) -> Truth:
    """A walk that stands at ``current`` has the segment at ``b`` behind it; at NULL it has passed all."""
    return (current == NULL) | (b < current)


def _walk(heap: Any, current: Word, load_cost: int, first_cost: int) -> tuple[Any, Any, list[Any]]:
    """What every read-only walk keeps: it stands on the chain, all behind it is intact, it paid per segment."""
    operation = heap.memory.operation
    state, chain = operation.now(), operation.ghost
    return (
        state,
        chain,
        [
            (
                "on_chain",
                "the walk stands at a segment or is over",
                (current == NULL) | chain.headers[current],
            ),
            (
                "intact_behind",
                "every header that the walk passed is intact",
                chain.headers.all(lambda b: implies(passed(current, b), intact(state, b))),
            ),
            (
                "walk_cost",
                f"the walk pays at most {load_cost} loads per segment",
                state.cost <= first_cost + load_cost * chain.position(current),
            ),
        ],
    )


def walk_for_fit(heap: Any, current: Word, needed: Word) -> Loop:
    """allocate's walk: nothing behind ``current`` fits."""
    _, chain, common = _walk(heap, current, 4, 1)
    no_fit = chain.headers.all(lambda b: implies(passed(current, b), negate(fits(chain, b, needed))))
    own = [("no_fit_behind", "no segment that the walk passed is free and large enough", no_fit)]
    return Loop(common + own, chain.count - chain.position(current))


def walk_for_address(heap: Any, current: Word, address: Word) -> Loop:
    """free's walk: no payload behind ``current`` is ``address``."""
    _, chain, common = _walk(heap, current, 2, 1)
    missed = chain.headers.all(lambda b: implies(passed(current, b), b + HEADER != address))
    own = [("not_behind", "no segment that the walk passed has that payload address", missed)]
    return Loop(common + own, chain.count - chain.position(current))


def walk_to_dump(heap: Any, current: Word) -> Loop:
    """dump's walk: everything behind ``current`` was logged, in order."""
    state, chain, common = _walk(heap, current, 4, 1)
    entry = heap.memory.operation.entry
    own = [
        (
            "one_line_each",
            "one line was logged for every segment passed",
            state.log_length == entry.log_length + chain.position(current),
        ),
        (
            "lines_in_order",
            "the line of each segment passed names its header",
            chain.headers.all(
                lambda b: implies(passed(current, b), state.log_value[entry.log_length + chain.rank[b]] == b),
                trigger=lambda b: chain.rank[b],
            ),
        ),
    ]
    return Loop(common + own, chain.count - chain.position(current), changes=("log",))


def walk_to_wipe(heap: Any, current: Word) -> Loop:
    """destruct's walk: headers behind ``current`` are wiped and released, those ahead are as they were."""
    operation = heap.memory.operation
    state, chain, entry = operation.now(), operation.ghost, operation.entry
    claimed, magic, magic_then = (
        state.claimed("Segment"),
        state.fields("Segment").magic,
        entry.fields("Segment").magic,
    )
    return Loop(
        [
            (
                "on_chain",
                "the walk stands at a segment or is over",
                (current == NULL) | chain.headers[current],
            ),
            (
                "gone_behind",
                "no header is left behind the walk",
                chain.headers.all(
                    lambda b: implies(passed(current, b), negate(claimed[b])), trigger=lambda b: claimed[b]
                ),
            ),
            (
                "there_ahead",
                "every header ahead is there, with the magic that it had",
                chain.headers.all(
                    lambda b: passed(current, b) | (claimed[b] & (magic[b] == magic_then[b])),
                    trigger=lambda b: claimed[b],
                )
                & chain.headers.all(
                    lambda b: passed(current, b) | (magic[b] == magic_then[b]), trigger=lambda b: magic[b]
                ),
            ),
            (
                "others_untouched",
                "headers outside the heap are as they were",
                claimed.all(lambda b: entry.claimed("Segment")[b])
                & entry.claimed("Segment").all(lambda b: chain.headers[b] | claimed[b]),
            ),
            (
                "bytes_outside",
                "no byte outside the heap was touched",
                state.bytes.unchanged_outside(entry, chain.start, chain.end),
            ),
            (
                "walk_cost",
                "the walk pays at most 4 loads and stores per segment",
                state.cost <= 2 + 4 * chain.position(current),
            ),
        ],
        chain.count - chain.position(current),
        changes=("Segment.magic", "claimed.Segment", "byte"),
    )


# ---------------------------------------------------------------- clauses that operations share


@clause("nothing outside the heap is touched: no byte, no header, no page")
def nothing_outside(t: Transition) -> Truth:
    low = when(t.ghost.start == NULL, t.ghost_after.start, t.ghost.start)
    high = when(t.ghost_after.end >= t.ghost.end, t.ghost_after.end, t.ghost.end)
    return t.new.bytes.unchanged_outside(t.old, low, high) & t.new.claimed("Segment").same_outside(
        t.old.claimed("Segment"), low, high
    )


@clause("no byte of any live block is touched", covers="SEG-8")
def payloads_kept(t: Transition) -> Truth:
    spared = t.address - HEADER if "address" in t.arguments else NULL
    return t.ghost.headers.all(
        lambda b: implies(
            t.ghost.used(b) & (b != spared),
            t.new.bytes.unchanged(t.old, b + HEADER, b + HEADER + t.ghost.size[b]),
        )
    )


@clause("every live block stays where it is, with its size, and stays live")
def live_blocks_kept(t: Transition) -> Truth:
    spared = t.address - HEADER if "address" in t.arguments else NULL
    new = t.ghost_after
    return t.ghost.headers.all(
        lambda b: implies(
            t.ghost.used(b) & (b != spared),
            every([new.headers[b], new.used(b), new.size[b] == t.ghost.size[b]]),
        )
    )


@clause("an intact header stays intact as long as it is a header")
def no_new_damage(t: Transition) -> Truth:
    return t.ghost_after.headers.all(lambda b: implies(implies(t.ghost.headers[b], intact(t.old, b)), intact(t.new, b)))


@clause("a header that lost its magic is not written", covers="SEG-3")
def damage_untouched(t: Transition) -> Truth:
    now, then = t.new.fields("Segment"), t.old.fields("Segment")
    return t.ghost.headers.all(
        lambda b: implies(
            negate(intact(t.old, b)),
            every(
                [
                    now.magic[b] == then.magic[b],
                    now.size[b] == then.size[b],
                    now.free[b] == then.free[b],
                    now.next[b] == then.next[b],
                    now.prev[b] == then.prev[b],
                ]
            ),
        )
    )


# ---------------------------------------------------------------- init


@clause("the descriptor is there, and the heap owns no page yet")
def fresh_descriptor(state: Any, heap: Word, chain: Chain, arguments: dict[str, Any]) -> Truth:
    return state.claimed("SegmentHeap")[heap] & state.mapped.exactly(0, 0)


def _bad_base(base: Word) -> Truth:
    return negate(is_word(base)) | (base == NULL) | (base % PAGE_SIZE != 0)


@clause("ValueError exactly for a base that is no word, 0, or not page-aligned; then nothing changes")
def init_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    return (raised == _bad_base(t.base)) & implies(raised, unchanged(t))


@clause("False exactly if the machine could not map the first pages; then nothing changes")
def init_false(t: Transition) -> Truth:
    if t.raised:
        return True
    return (negate(t.result) == t.map_refused) & implies(negate(t.result), unchanged(t))


@clause("init maps its first pages at base, all of them one free segment", covers="SEG-7")
def init_maps(t: Transition) -> Truth:
    if t.raised:
        return True
    new = t.ghost_after
    whole = INITIAL_PAGES * PAGE_SIZE
    return implies(
        t.result,
        every([new.start == t.base, new.end == t.base + whole, new.count == 1, new.free[t.base]]),
    )


INIT_COST = 16


@clause(f"init costs at most {INIT_COST} loads and stores beside the mapping")
def init_cost(t: Transition) -> Truth:
    return t.cost <= INIT_COST + INITIAL_PAGES * MAP_COST


def _after_init(t: Transition) -> Chain:
    chain: Chain = t.ghost
    if t.raised or not t.result:
        return chain
    return chain.fresh(t.base, INITIAL_PAGES * PAGE_SIZE)


INIT = Operation(
    "init",
    ("base",),
    _after_init,
    (init_raises, init_false, init_maps, nothing_outside, init_cost),
    requires=(fresh_descriptor,),
    establishes=True,
)

# ---------------------------------------------------------------- allocate


def _granted(t: Transition) -> bool:
    """Whether the call returned a block (decided on every path)."""
    return not t.raised and bool(t.result != NULL)


def _after_allocate(t: Transition) -> Chain:
    """First fit; else a last segment enlarged or appended by the pages that were mapped; then split and taken."""
    chain: Chain = t.ghost
    if not _granted(t):
        return chain
    needed, taken, ram = rounded(t.size), t.result - HEADER, t.old.fields("Segment")
    if t.pages_mapped == 0:
        size = ram.size[taken]
    elif ram.free[chain.last]:
        size = ram.size[chain.last] + t.pages_mapped * PAGE_SIZE
        chain = chain.enlarge(t.pages_mapped * PAGE_SIZE)
    else:
        size = t.pages_mapped * PAGE_SIZE - HEADER
        chain = chain.append(t.pages_mapped * PAGE_SIZE)
    if size - needed >= HEADER + GRANULE:
        chain = chain.split(taken, needed)
    return chain.with_free(taken, False)


@clause("ValueError exactly for a size that is no machine word; then nothing changes")
def allocate_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    return (raised == negate(is_word(t.size))) & implies(raised, unchanged(t))


@clause("the block has at least the requested size", covers="SEG-8")
def large_enough(t: Transition) -> Truth:
    if not _granted(t):
        return True
    new = t.ghost_after
    header = t.result - HEADER
    return every([new.headers[header], new.used(header), new.size[header] >= t.size])


@clause("the block is 16-byte aligned", covers="SEG-2")
def aligned(t: Transition) -> Truth:
    return t.result % GRANULE == 0 if _granted(t) else True


@clause("the block lies inside the heap and overlaps no live block", covers="SEG-8")
def fresh_block(t: Transition) -> Truth:
    if not _granted(t):
        return True
    low, high = t.result, t.result + t.size
    inside = (t.ghost_after.start < low) & (high <= t.ghost_after.end)
    return inside & t.ghost.headers.all(
        lambda b: implies(t.ghost.used(b), (b + HEADER + t.ghost.size[b] <= low) | (high <= b))
    )


@clause("the block is the first, in address order, that was free and large enough")
def first_fit(t: Transition) -> Truth:
    if not _granted(t):
        return True
    needed, header = rounded(t.size), t.result - HEADER
    return t.ghost.headers.all(lambda b: implies(fits(t.ghost, b, needed), header <= b))


@clause("a free segment that fits exactly or leaves too little is handed out whole; else the rest becomes free")
def split_exactly(t: Transition) -> Truth:
    if not _granted(t):
        return True
    size = t.ghost_after.size[t.result - HEADER]
    return (size >= rounded(t.size)) & (size < rounded(t.size) + HEADER + GRANULE)


@clause("the heap grows only if nothing fits, by just the pages that the request lacks")
def grows_by_need(t: Transition) -> Truth:
    if not _granted(t):
        return t.new.mapped.same(t.old.mapped)
    needed, last = rounded(t.size), t.ghost.last
    missing = when(t.ghost.free[last], needed - t.ghost.size[last], needed + HEADER)
    nothing_fits = t.ghost.headers.all(lambda b: negate(fits(t.ghost, b, needed)))
    least = (t.pages_mapped - 1) * PAGE_SIZE < missing
    return implies(t.pages_mapped != 0, every([nothing_fits, least, missing <= t.pages_mapped * PAGE_SIZE]))


@clause("NULL changes nothing: no byte, no header, no page")
def null_changes_nothing(t: Transition) -> Truth:
    if t.raised or _granted(t):
        return True
    return unchanged(t)


@clause(
    "NULL only if the size is 0 or too large, a corrupted header was logged, the heap is dead,"
    " or nothing fits and the machine refused to map more",
    covers="SEG-9",
)
def null_only_if(t: Transition) -> Truth:
    if t.raised or _granted(t):
        return True
    needed = rounded(t.size)
    culprit = t.new.log_value[t.old.log_length]
    damaged = complained(t) & t.ghost.headers[culprit] & negate(intact(t.old, culprit))
    exhausted = t.map_refused & t.ghost.headers.all(lambda b: negate(fits(t.ghost, b, needed)))
    return (t.size == 0) | (t.size > LARGEST_REQUEST) | damaged | (t.ghost.count == 0) | exhausted


@clause("size 0 and sizes that cannot be rounded up give NULL")
def refuses(t: Transition) -> Truth:
    return negate((t.size == 0) | (t.size > LARGEST_REQUEST)) if _granted(t) else True


@clause("a corrupted header before the first fit is detected: NULL and a logged error", covers="SEG-3 SEG-9")
def detects_corruption(t: Transition) -> Truth:
    if t.raised:
        return True
    needed, chain = rounded(t.size), t.ghost
    asked = (t.size != 0) & (t.size <= LARGEST_REQUEST)
    detected = complained(t) if not _granted(t) else False
    return chain.headers.all(
        lambda c: implies(
            asked
            & negate(intact(t.old, c))
            & chain.headers.all(lambda b: implies(b < c, negate(fits(chain, b, needed)))),
            detected,
        )
    )


ALLOCATE_COST = 40
WALK_COST = 4


@clause(
    f"allocate costs at most {ALLOCATE_COST} loads and stores, {WALK_COST} per segment walked,"
    " and the cost of mapping the pages that it grows by",
    covers="SEG-10",
)
def allocate_cost(t: Transition) -> Truth:
    walked = t.ghost.count
    if _granted(t) and t.pages_mapped == 0:
        walked = t.ghost.rank[t.result - HEADER] + 1
    return t.cost <= ALLOCATE_COST + WALK_COST * walked + t.pages_asked * MAP_COST


ALLOCATE = Operation(
    "allocate",
    ("size",),
    _after_allocate,
    (
        allocate_raises,
        large_enough,
        aligned,
        fresh_block,
        first_fit,
        split_exactly,
        grows_by_need,
        null_changes_nothing,
        null_only_if,
        refuses,
        detects_corruption,
        live_blocks_kept,
        payloads_kept,
        nothing_outside,
        no_new_damage,
        damage_untouched,
        allocate_cost,
    ),
)

# ---------------------------------------------------------------- free


def _after_free(t: Transition) -> Chain:
    """The segment becomes free and is merged with a free neighbour on either side; refused calls do nothing."""
    chain: Chain = t.ghost
    if t.raised or t.address == NULL or complained(t):
        return chain
    ram, freed = t.old.fields("Segment"), t.address - HEADER
    chain = chain.with_free(freed, True)
    following, previous = ram.next[freed], ram.prev[freed]
    if following != NULL and ram.free[following]:
        chain = chain.absorb(freed)
    if previous != NULL and ram.free[previous]:
        chain = chain.absorb(previous)
    return chain


@clause("ValueError exactly for an address that is no machine word; then nothing changes")
def free_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    return (raised == negate(is_word(t.address))) & implies(raised, unchanged(t))


@clause("freeing anything but a live block changes nothing", covers="SEG-12")
def rejects_invalid(t: Transition) -> Truth:
    return implies(negate(live(t.ghost, t.address)), unchanged(t))


@clause("freeing anything but a live block or NULL is logged")
def reports_invalid(t: Transition) -> Truth:
    if t.raised:
        return True
    return implies(negate(live(t.ghost, t.address)) & (t.address != NULL), complained(t))


@clause("a freed block becomes part of a free segment", covers="SEG-11")
def usable_again(t: Transition) -> Truth:
    if t.raised or complained(t):
        return True
    old, new, a = t.ghost, t.ghost_after, t.address - HEADER
    holder = when((a != old.start) & old.free[old.before[a]], old.before[a], a)
    return implies(
        t.address != NULL,
        every(
            [
                live(old, t.address),
                new.headers[holder],
                new.free[holder],
                holder <= a,
                a + HEADER + old.size[a] <= holder + HEADER + new.size[holder],
            ]
        ),
    )


@clause("a freed block is merged with a free segment on either side", covers="SEG-11")
def merges_neighbours(t: Transition) -> Truth:
    if t.raised or t.address == NULL or complained(t):
        return True
    old, a = t.ghost, t.address - HEADER
    following = old.after[a]
    merge_next = (following != old.end) & old.free[following]
    merge_previous = (a != old.start) & old.free[old.before[a]]
    top = a + HEADER + old.size[a] + when(merge_next, HEADER + old.size[following], 0)
    holder = when(merge_previous, old.before[a], a)
    return t.new.fields("Segment").size[holder] == top - holder - HEADER


@clause("a corrupted header on the way to the block, or next to it, is detected: logged, nothing freed", covers="SEG-3")
def free_detects_corruption(t: Transition) -> Truth:
    if t.raised:
        return True
    chain, a = t.ghost, t.address - HEADER
    detected = complained(t)
    beside = (chain.after[a] != chain.end) & negate(intact(t.old, chain.after[a]))
    on_the_way = chain.headers.all(lambda c: implies((c <= a) & negate(intact(t.old, c)), detected))
    return implies(live(chain, t.address), implies(beside, detected) & on_the_way)


@clause("a live block is freed unless a corrupted header is logged; then nothing changes", covers="SEG-3")
def refuses_only_damage(t: Transition) -> Truth:
    if t.raised or not complained(t):
        return True
    culprit = t.new.log_value[t.old.log_length]
    damaged = t.ghost.headers[culprit] & negate(intact(t.old, culprit))
    return unchanged(t) & implies(live(t.ghost, t.address), damaged)


FREE_COST = 40
SEARCH_COST = 2


@clause(f"free costs at most {FREE_COST} loads and stores and {SEARCH_COST} per segment walked")
def free_cost(t: Transition) -> Truth:
    return t.cost <= FREE_COST + SEARCH_COST * t.ghost.count


FREE = Operation(
    "free",
    ("address",),
    _after_free,
    (
        free_raises,
        rejects_invalid,
        reports_invalid,
        usable_again,
        merges_neighbours,
        free_detects_corruption,
        refuses_only_damage,
        live_blocks_kept,
        payloads_kept,
        nothing_outside,
        no_new_damage,
        damage_untouched,
        free_cost,
    ),
)

# ---------------------------------------------------------------- dump


def _after_dump(t: Transition) -> Chain:
    chain: Chain = t.ghost
    return chain


@clause("dump changes nothing", covers="SEG-13")
def dump_changes_nothing(t: Transition) -> Truth:
    return unchanged(t)


@clause("dump logs every segment once, in address order, unless a header is corrupted", covers="SEG-13")
def dump_is_complete(t: Transition) -> Truth:
    chain = t.ghost
    whole = chain.headers.all(lambda b: intact(t.old, b))
    listed = chain.headers.all(
        lambda b: t.new.log_value[t.old.log_length + chain.rank[b]] == b, trigger=lambda b: chain.rank[b]
    )
    return implies(whole, (t.new.log_length == t.old.log_length + chain.count) & listed)


@clause("dump costs at most 4 loads per segment and 2")
def dump_cost(t: Transition) -> Truth:
    return t.cost <= 2 + 4 * t.ghost.count


DUMP = Operation("dump", (), _after_dump, (dump_changes_nothing, dump_is_complete, dump_cost))

# ---------------------------------------------------------------- destruct


def _after_destruct(t: Transition) -> Chain:
    chain: Chain = t.ghost
    return chain.dead()


@clause("destruct gives every page back", covers="SEG-14")
def no_leak(t: Transition) -> Truth:
    return t.new.mapped.exactly(0, 0)


@clause("destruct leaves no segment behind", covers="SEG-14")
def no_segment_left(t: Transition) -> Truth:
    return t.ghost.headers.all(lambda b: negate(t.new.claimed("Segment")[b]))


DESTRUCT_COST = 8


@clause(f"destruct costs at most {DESTRUCT_COST} loads and stores, 4 per segment, and the cost of unmapping")
def destruct_cost(t: Transition) -> Truth:
    pages = (t.ghost.end - t.ghost.start) // PAGE_SIZE
    return t.cost <= DESTRUCT_COST + 4 * t.ghost.count + pages * UNMAP_COST


DESTRUCT = Operation(
    "destruct",
    (),
    _after_destruct,
    (no_leak, no_segment_left, nothing_outside, destruct_cost),
)

SUBJECT = Subject("segment_heap", INVARIANTS, (INIT, ALLOCATE, FREE, DUMP, DESTRUCT))

__all__ = ["SUBJECT", "Chain", "Clause", "no_chain", "replace", "walk_for_address", "walk_for_fit"]
