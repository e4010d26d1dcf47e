"""The story of virtual memory meets what a random history seldom does: each defect breaks a theorem by name."""

import pytest

import impl.virtual_memory
from model.language.annotations import loop, observed
from proofs.checking.bench import load_edition, source_with
from proofs.checking.loops import IterationLimit
from proofs.checking.violation import Violation
from proofs.checking.witness import scripted_violation

SEARCH_STANDS_STILL = ("if since < vacant:", "if since <= vacant:")
PAGES_STAND_STILL = (
    'hold("page_granted", self, page)\n                page = page + 1',
    'hold("page_granted", self, page)',
)
LOAD_STANDS_STILL = ("PAGE_SIZE)\n                page = page + 1", "PAGE_SIZE)")
FILL_STANDS_STILL = ("done = done + PAGE_SIZE\n                number = number + 1", "done = done + PAGE_SIZE")
ENDLESS = [
    ("_find_hole.seek_hole.terminates", SEARCH_STANDS_STILL),
    ("is_mapped.granted_pages.terminates", PAGES_STAND_STILL),
    ("_load_raw.load_pages.terminates", LOAD_STANDS_STILL),
    ("fill.fill_pages.terminates", FILL_STANDS_STILL),
]
LAST_BYTE = (
    "last = (address + size - 1) >> PAGE_SHIFT\n            while page < last",
    "last = (address + size - 2) >> PAGE_SHIFT\n            while page < last",
)
ANOTHER_PAGE = ("address + self._writable[address >> 12]", "address + self._writable[address << 12]")
GOES_BACK_TOO_SELDOM = (
    "page = address >> PAGE_SHIFT\n        if FIRST_PLACE",
    "page = address >> (PAGE_SHIFT + 1)\n        if FIRST_PLACE",
)
LOOKS_TWICE = (
    "since = self._vacant_since((vacant - 1) << PAGE_SHIFT)",
    "since = max(*(self._vacant_since((vacant - 1) << PAGE_SHIFT) for _ in range(3)), 0)",
)
SWAPPED = ("        return self._load(address, width)\n", "        return self._load(width, address)\n")
SWAPPED_BELOW = (
    "self._cells.load(self._translate(address, False), width)",
    "self._cells.load(width, self._translate(address, False))",
)
WRONG = [
    ("load.width_refused", SWAPPED),
    ("load.load_is_what_is_there", SWAPPED_BELOW),
    ("load_is_what_is_there", LAST_BYTE),
    ("write.raises_only", ANOTHER_PAGE),
    ("unmap.search_goes_back", GOES_BACK_TOO_SELDOM),
    ("find_place.search_cost", LOOKS_TWICE),
]


def broken_by(change: tuple[str, str]) -> Violation | None:
    """What the story says of the virtual memory with that change."""
    text = source_with(impl.virtual_memory, change[0])
    assert text.count(change[0]) == 1, change[0]
    edition = load_edition(impl.virtual_memory, text.replace(*change))
    return scripted_violation("virtual_memory", edition, short=False).violation


@pytest.mark.parametrize(("theorem", "change"), ENDLESS, ids=[one for one, _ in ENDLESS])
def test_a_loop_that_does_not_end_is_a_violation_and_not_a_wait(theorem: str, change: tuple[str, str]) -> None:
    violation = broken_by(change)
    assert violation is not None
    assert violation.theorem == f"virtual_memory.{theorem}"
    assert "are enough" in violation.detail


@pytest.mark.parametrize(("theorem", "change"), WRONG, ids=[one for one, _ in WRONG])
def test_the_story_comes_to_it(theorem: str, change: tuple[str, str]) -> None:
    violation = broken_by(change)
    assert violation is not None
    assert any(theorem in name for name in violation.theorems)


def rounds(times: int, inner: int) -> int:
    """Two loops, one in the other; how often the inner one came round."""
    done = 0
    for _ in range(times):
        loop("outer")
        for _ in range(inner):
            loop("inner")
            done += 1
    return done


def test_each_loop_has_the_limit_for_itself_and_an_inner_one_in_each_round() -> None:
    with observed(IterationLimit("operation", 3, {__file__: "subject"})):
        assert rounds(3, 3) == 9
        assert rounds(2, 3) == 6
    for times, inner, specified in ((4, 0, "outer"), (1, 4, "inner"), (3, 4, "inner")):
        with observed(IterationLimit("operation", 3, {__file__: "subject"})), pytest.raises(Violation) as caught:
            rounds(times, inner)
        assert caught.value.theorem == f"subject.rounds.{specified}.terminates"
        assert caught.value.theorems[1] == f"subject.operation.{specified}.terminates"


def test_loops_of_other_files_are_not_limited() -> None:
    with observed(IterationLimit("operation", 3, {impl.virtual_memory.__file__: "subject"})):
        assert rounds(9, 1) == 9
