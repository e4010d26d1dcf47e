"""The loops of the bin heap: what holds at their heads, and why they end."""

from __future__ import annotations

from typing import Any

from model.bin_heap.state import BITMAP, DESCRIPTOR, ENTRY, LISTS, NUM_BINS, WORDS, Blocks, by_address
from model.language.logic import Loop, Truth, Word, implies, when
from model.language.words import WORD_BITS, WORD_BYTES
from proofs.bin_heap.ghosts import ALL_ONES, empty_from


def empty_lists(heap: Any, number: Word) -> Loop:
    """init's loop: the lists below ``number`` are empty."""
    operation = heap.memory.operation
    state, entry = operation.now(), operation.entry
    claimed, now, then = state.claimed("ListEntry"), state.fields("ListEntry"), entry.fields("ListEntry")
    first = heap.address + LISTS

    def passed(e: Word) -> Any:
        return (first <= e) & (e < first + ENTRY * number) & ((e - first) % ENTRY == 0)

    def outside(e: Word) -> Any:
        return (e < first) | (e >= heap.address + DESCRIPTOR)

    in_range = (number >= 0) & (number <= NUM_BINS + 2)
    invariants: list[Any] = [("in_range", "the loop stands at a list or is over", in_range)]
    for name, mine, old in (
        ("prev", now.prev, then.prev),
        ("next", now.next, then.next),
        ("list", now.list, then.list),
    ):
        invariants += [
            (
                f"{name}_of_heads",
                f"the {name} of every head passed is the head itself",
                mine.at(claimed, lambda e, m=mine: implies(passed(e), m[e] == e)),
            ),
            (
                f"{name}_elsewhere",
                f"no {name} of an entry outside the tables is touched",
                mine.at(claimed, lambda e, mine=mine, old=old: implies(outside(e), mine[e] == old[e])),
            ),
        ]
    invariants += [("init_cost", "init pays 3 stores per list", state.cost <= WORDS + 3 * number)]
    changes = ("ListEntry.prev", "ListEntry.next", "ListEntry.list")
    return Loop(invariants, NUM_BINS + 2 - number, changes)


def scan_bitmap(heap: Any, number: Word, bins: Word, index: Word) -> Loop:
    """first_bin's loop: ``bins`` are those of word ``number`` from bin ``index`` on; every bin before is empty."""
    operation = heap.memory.operation
    state = operation.now()
    word = state.fields("BitmapWord").value[heap.address + BITMAP + WORD_BYTES * number]
    return Loop(
        [
            ("in_range", "the scan stands at a word", (index // WORD_BITS <= number) & (number < WORDS)),
            ("a_word", "the bins in hand are a machine word", (bins >= 0) & (bins <= ALL_ONES)),
            (
                "at_word",
                "the bins in hand are those of the word, from the first that serves on",
                bins == when(number == index // WORD_BITS, word & (ALL_ONES >> (index % WORD_BITS)), word),
            ),
            (
                "empty_behind",
                "every bin that serves and that the scan passed is empty",
                empty_from(state, heap.address, operation.ghost, index, WORD_BITS * number),
            ),
            ("scan_cost", "the scan loads each word once", state.cost <= 1 + number - index // WORD_BITS),
        ],
        WORDS - number,
    )


def all_above(state: Any, heap: Word, g: Blocks, before: Word, entry: Word) -> Truth:
    """Every block by address behind ``before`` lies above ``entry``."""
    lists = state.fields("ListEntry").list
    return g.position.at(
        g.entries, lambda e: implies((lists[e] == by_address(heap)) & (g.position[e] > g.position[before]), e > entry)
    )


def walk_down(heap: Any, before: Word, entry: Word) -> Loop:
    """entry_before's walk: every block by address behind ``before`` lies above ``entry``."""
    operation = heap.memory.operation
    state, g = operation.now(), operation.ghost
    lists, head = state.fields("ListEntry").list, by_address(heap.address)
    return Loop(
        [
            ("on_list", "the walk stands at an entry of the list", g.entries[before] & (lists[before] == head)),
            (
                "above",
                "every block that the walk passed lies above the new one",
                all_above(state, heap.address, g, before, entry),
            ),
            ("walk_cost", "the walk pays one load per block passed", state.cost <= g.length[head] - g.position[before]),
        ],
        g.position[before] + 1,
    )
