"""Which CrossHair contracts are explored, and how strict their word store is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impl.arithmetic import PAGE_SIZE
from impl.segment_heap import Segment, SegmentHeap
from model.language.ghost import GhostMap, GhostSet
from proofs.crosshair.contract import Contract, contract
from proofs.crosshair.runner import contracts, run, selected
from proofs.crosshair.word_state import WordMap, WordSet
from proofs.crosshair.word_store import Fault, WordStore
from tests.test_crosshair import holds

# ---------------------------------------------------------------- selection


def test_selection() -> None:
    names = [entry.id for entry in selected(["crosshair.clip", "*.init"])]
    heaps = ["crosshair.segment_heap.init", "crosshair.bucket_heap.init"]
    assert names == ["crosshair.clip.inside", "crosshair.clip.meets", *heaps]
    assert selected(["crosshair.nothing"]) == []
    assert selected(None) == contracts()


def test_names_are_unique() -> None:
    """A second contract of the same name is refused, so a verdict can be traced to one claim."""
    assert "crosshair.clip.inside" in {entry.id for entry in contracts()}
    with pytest.raises(ValueError, match="two contracts"):
        contract("clip.inside")(holds)


def test_worker_failure_is_an_error() -> None:
    """A contract that a worker cannot even load is an error, not a pass."""
    local = Contract("crosshair.local", "Not importable", lambda a: a)
    assert run(entries=[local])[0].verdict == "ERROR"


# ---------------------------------------------------------------- the word store is strict

PAGE = 0x10000


@pytest.fixture
def store() -> WordStore:
    store = WordStore(2)
    assert store.map(PAGE, 1)
    Segment.claim(store, PAGE)
    return store


@pytest.mark.parametrize(
    "misuse",
    [
        lambda store: Segment(store, PAGE + 16).size,
        lambda store: SegmentHeap(store, PAGE).end,
        lambda store: setattr(Segment(store, PAGE), "magic", 2**32),
        lambda store: setattr(Segment(store, PAGE), "size", -1),
        lambda store: Segment.claim(store, PAGE + Segment.SIZE - 1),
        lambda store: Segment.claim(store, PAGE + PAGE_SIZE - Segment.SIZE + 1),
        lambda store: Segment(store, PAGE + 64).release(),
        lambda store: store.unmap(PAGE, 1),
        lambda store: store.unmap(PAGE, 2),
    ],
)
def test_store_faults(store: WordStore, misuse: Callable[[WordStore], Any]) -> None:
    """A header that is not there, a value too wide, a bad claim, a bad unmapping: each is a fault."""
    with pytest.raises(Fault):
        misuse(store)


def test_release_needs_a_retired_header(store: WordStore) -> None:
    Segment(store, PAGE).magic = 0x5E60BEEF
    with pytest.raises(Fault):
        Segment(store, PAGE).release()


def test_store_runs_out_of_pages(store: WordStore) -> None:
    """Mapping is all or nothing, never over what is mapped, and bounded."""
    assert not store.map(PAGE, 1)
    assert not store.map(PAGE + PAGE_SIZE, 2)
    assert store.map(PAGE + PAGE_SIZE, 1)
    assert not store.map(PAGE + 2 * PAGE_SIZE, 1)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 9)), max_size=12))
def test_ghosts_agree_with_the_model(steps: list[tuple[int, bool, int]]) -> None:
    """The sets and maps of symbolic words are those of model/language/ghost.py, found by comparison."""
    sets, maps = (GhostSet(), WordSet()), (GhostMap(), WordMap())
    for address, present, value in steps:
        sets = sets[0].set(address, present), sets[1].set(address, present)
        maps = maps[0].set(address, value), maps[1].set(address, value)
    assert sorted(sets[0]) == sorted(sets[1].members)
    assert all(sets[0][a] == sets[1][a] and maps[0][a] == maps[1][a] for a in range(7))
    apart = lambda a, b: a + 2 <= b  # noqa: E731
    assert sets[0].pairs(apart) == sets[1].pairs(apart)
