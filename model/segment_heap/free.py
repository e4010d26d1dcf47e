"""The contracts of free, by which a block goes back to the heap, and of trim, by which pages go back to the machine."""

from __future__ import annotations

from model.language.contracts import takes_words
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import NULL, PAGE_SIZE, returned, unchanged
from model.segment_heap.shared import damage_untouched, live_blocks_kept, no_new_damage, nothing_outside, payloads_kept
from model.segment_heap.state import GRANULE, HEADER, INITIAL_PAGES, Chain, complained, intact, live, sound


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


free_raises = takes_words("free_raises", "for an address that", "address")


@clause("freeing anything but a live block changes nothing", covers="SEG-12")
def rejects_invalid(t: Transition) -> Truth:
    return implies(negate(live(t.ghost, t.address)), unchanged(t))


@clause("freeing anything but a live block or NULL is logged", when=returned)
def reports_invalid(t: Transition) -> Truth:
    return implies(negate(live(t.ghost, t.address)) & (t.address != NULL), complained(t))


@clause(
    "a refused free says that memory is free, and names the segment, exactly if the address lies in a free one",
    when=returned,
)
def tells_free_memory(t: Transition) -> Truth:
    chain, named = t.ghost, t.new.log_value[t.old.log_length]

    def inside(b: Word) -> Truth:
        return every([chain.free[b], b < t.address, t.address < b + HEADER + chain.size[b]])

    damaged = chain.headers[named] & negate(sound(t.old, chain, named))
    right = (named == t.address) | (chain.headers[named] & inside(named)) | damaged
    missed = chain.headers.all(lambda b: implies(inside(b), (named == b) | damaged))
    return implies(negate(live(chain, t.address)) & (t.address != NULL), right & missed)


@clause("freeing NULL does nothing at all; any other call logs at most one line")
def one_line_at_most(t: Transition) -> Truth:
    lines = t.new.log_length - t.old.log_length
    return implies(t.address == NULL, (t.cost == 0) & (lines == 0)) & (lines <= 1)


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


@clause(
    "a corrupted header on the way to the block, or next to it, is detected: logged, nothing freed",
    covers="SEG-3",
    when=returned,
)
def free_detects_corruption(t: Transition) -> Truth:
    chain, a = t.ghost, t.address - HEADER
    detected = complained(t)
    following = chain.after[a]
    harmful = negate(intact(t.old, following)) | (chain.free[following] & negate(sound(t.old, chain, following)))
    on_the_way = chain.headers.all(lambda c: implies((c <= a) & negate(sound(t.old, chain, c)), detected))
    return implies(live(chain, t.address), implies((following != chain.end) & harmful, detected) & on_the_way)


@clause("a live block is freed unless a corrupted header is logged; then nothing changes", covers="SEG-3")
def refuses_only_damage(t: Transition) -> Truth:
    if t.raised or not complained(t):
        return True
    culprit = t.new.log_value[t.old.log_length]
    damaged = t.ghost.headers[culprit] & negate(sound(t.old, t.ghost, culprit))
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
        tells_free_memory,
        one_line_at_most,
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


# ---------------------------------------------------------------- trim


def _after_trim(t: Transition) -> Chain:
    """The last segment goes, if the heap ends where it began; else it and the heap are shorter."""
    chain: Chain = t.ghost
    if t.raised or t.result == 0:
        return chain
    given = t.result * PAGE_SIZE
    return chain.dropped() if chain.end - given == chain.last else chain.enlarge(-given)


@clause("as many pages go back as trim returns, all from the end of the heap, and no other; for 0 nothing changes")
def trim_counts(t: Transition) -> Truth:
    if t.raised:
        return False
    given = t.ghost.end - t.ghost_after.end
    gone = t.new.mapped.less(t.old.mapped, t.ghost_after.end, t.ghost.end)
    return every([t.result * PAGE_SIZE == given, gone, implies(t.result == 0, unchanged(t))])


@clause("with no block live, the heap is afterwards one free segment on its first pages, just as init left it")
def trim_restores(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    size = INITIAL_PAGES * PAGE_SIZE
    alone = every([new.start == old.start, new.end == old.start + size, new.count == 1, new.free[new.start]])
    return implies(every([old.count != 0, old.headers.all(lambda a: old.free[a]), negate(complained(t))]), alone)


@clause("no page is left that could go back: all but the first pages are in use, or needed for the last header")
def trim_leaves_no_page(t: Transition) -> Truth:
    new = t.ghost_after
    initial = new.end == new.start + INITIAL_PAGES * PAGE_SIZE
    needed = (new.end - PAGE_SIZE < new.last + HEADER + GRANULE) & (new.last % PAGE_SIZE != 0)
    return (t.ghost.count == 0) | complained(t) | initial | new.used(new.last) | needed


@clause("trim gives nothing back of a heap whose last header, or the one before that goes with it, is corrupted")
def trim_reports_damage(t: Transition) -> Truth:
    if t.raised:
        return False
    culprit = t.new.log_value[t.old.log_length]
    one_line = t.new.log_length == t.old.log_length + 1
    damaged = every([one_line, t.ghost.headers[culprit], negate(intact(t.old, culprit)), t.result == 0])
    overlooked = (t.ghost.last == NULL) | intact(t.old, t.ghost.last) | complained(t)
    return overlooked & implies(complained(t), damaged)


TRIM_COST = 16


@clause(f"trim costs at most {TRIM_COST} loads and stores and the cost of unmapping the pages that go back")
def trim_cost(t: Transition) -> Truth:
    return t.cost <= TRIM_COST + (0 if t.raised else t.result * UNMAP_COST)


TRIM = Operation(
    "trim",
    (),
    _after_trim,
    (
        trim_counts,
        trim_restores,
        trim_leaves_no_page,
        trim_reports_damage,
        live_blocks_kept,
        payloads_kept,
        nothing_outside,
        no_new_damage,
        damage_untouched,
        trim_cost,
    ),
    raises=(),
)
