"""The loops of the segment heap: what holds at their heads, and why they end."""

from __future__ import annotations

from typing import Any

from model.language.logic import Loop, Truth, Word, implies, negate, when
from model.language.words import NULL
from model.segment_heap.state import HEADER, fits, sound


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
            ("on_chain", "the walk stands at a segment or is over", (current == NULL) | chain.headers[current]),
            (
                "intact_behind",
                "every header that the walk passed is intact, and its next does not lead astray",
                chain.headers.all(lambda b: implies(passed(current, b), sound(state, chain, b))),
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
    _, chain, common = _walk(heap, current, 4, 2)
    no_fit = chain.headers.all(lambda b: implies(passed(current, b), negate(fits(chain, b, needed))))
    own = [("no_fit_behind", "no segment that the walk passed is free and large enough", no_fit)]
    return Loop(common + own, chain.count - chain.position(current))


def walk_for_address(heap: Any, before: Word, current: Word, address: Word) -> Loop:
    """free's walk: no payload behind ``current`` is ``address``; ``before`` is the header passed last."""
    _, chain, common = _walk(heap, current, 2, 2)
    missed = chain.headers.all(lambda b: implies(passed(current, b), b + HEADER != address))
    preceding = when(current == NULL, chain.last, chain.before[current])
    own = [
        ("not_behind", "no segment that the walk passed has that payload address", missed),
        ("before_known", "the header passed last is that of the preceding segment", before == preceding),
        ("before_below", "the header passed last lies below the address", (before == NULL) | (before < address)),
    ]
    return Loop(common + own, chain.count - chain.position(current))


def walk_to_dump(heap: Any, current: Word) -> Loop:
    """dump's walk: everything behind ``current`` was logged, in order."""
    state, chain, common = _walk(heap, current, 4, 2)
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
            chain.rank.at(
                chain.headers,
                lambda b: implies(passed(current, b), state.log_value[entry.log_length + chain.rank[b]] == b),
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
            ("on_chain", "the walk stands at a segment or is over", (current == NULL) | chain.headers[current]),
            (
                "intact_behind",
                "every header that the walk wiped was intact, and its next did not lead astray",
                chain.headers.all(lambda b: implies(passed(current, b), sound(entry, chain, b))),
            ),
            (
                "gone_behind",
                "no header is left behind the walk",
                claimed.at(chain.headers, lambda b: implies(passed(current, b), negate(claimed[b]))),
            ),
            (
                "there_ahead",
                "every header ahead is there, with the magic that it had",
                claimed.at(chain.headers, lambda b: passed(current, b) | (claimed[b] & (magic[b] == magic_then[b])))
                & magic.at(chain.headers, lambda b: passed(current, b) | (magic[b] == magic_then[b])),
            ),
            (
                "others_untouched",
                "headers outside the heap are as they were",
                claimed.all(lambda b: entry.claimed("Segment")[b])
                & entry.claimed("Segment").all(lambda b: chain.headers[b] | claimed[b]),
            ),
            (
                "magics_outside",
                "headers outside the heap carry what they carried",
                magic.at(entry.claimed("Segment"), lambda b: chain.headers[b] | (magic[b] == magic_then[b])),
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
