"""What a replay notices although no call is checked in full, and at which event: of a heap that has one defect.

How quickly memory is accessed makes no difference: with the memory that the machine itself shows, it is the same.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from proofs import registry
from proofs.checking import harness
from proofs.checking.bench import load_edition, source_with
from proofs.checking.memory import UnnotedMemory
from proofs.checking.replay import ReplayResult, replay
from proofs.checking.trace import CALLOC, FREE, MALLOC, REALLOC, Event, Trace
from tests.defects import bin_heap, bucket_heap, segment_heap
from tests.defects.defect import Defect

NEVER = 1 << 62
Breaking = Callable[[str, str, str], None]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Breaking:
    """Makes replays of a heap run an edition in which one text stands for another."""

    def breaks(heap: str, old: str, new: str) -> None:
        module = registry.live(heap, "driver")
        driver = module.DRIVER
        source = source_with(driver.bench.module, old)
        assert source.count(old) == 1
        faulty = load_edition(driver.bench.module, source.replace(old, new))
        monkeypatch.setattr(module, "DRIVER", replace(driver, bench=replace(driver.bench, module=faulty)))

    return breaks


def made_up(*events: tuple[str, int, int]) -> Trace:
    return Trace("made up", tuple(Event(*event) for event in events))


def told(result: ReplayResult) -> list[tuple[int, str]]:
    return [(event, violation.theorem) for event, violation in result.violations]


INITIALISERS = [
    ("bin_heap", "        self.lock = UNLOCKED\n\n    def malloc", "        self.lock = LOCKED\n\n    def malloc"),
    ("bin_heap", "        while number < NUM_LISTS:\n", "        while number < NUM_LISTS + 1:\n"),
    ("segment_heap", "        self.start = base\n", "        self.start = base + 1\n"),
    ("bucket_heap", '        check_word(page_size, "page_size")\n', '        check_word(None, "page_size")\n'),
]
"""A clause that it breaks, headers that are none, and an exception that nobody expects."""


@pytest.mark.parametrize(("heap", "old", "new"), INITIALISERS)
def test_what_an_initialiser_breaks_is_told_as_a_violation(broken: Breaking, heap: str, old: str, new: str) -> None:
    broken(heap, old, new)
    for every in (None, NEVER):
        result = replay(made_up(("m", 0, 100)), heap, every)
        ((event, theorem),) = told(result)
        assert (event, result.events, theorem.split(".")[:2]) == (0, 0, [heap, "init"])


@pytest.mark.parametrize(("heap", "old", "new"), INITIALISERS[1:2])
def test_the_commands_tell_of_the_initialiser(
    broken: Breaking, run: Callable[..., tuple[int, str, str]], tmp_path: Path, heap: str, old: str, new: str
) -> None:
    broken(heap, old, new)
    trace = tmp_path / "program.trace"
    trace.write_text("m 0 100\nf 0\n")
    status, out, err = run("replay", trace, "--heap", heap)
    assert (status, err) == (1, "")
    assert f"REFUTED in the initialiser: VIOLATED {heap}.init." in out
    status, out, err = run("compare", trace, "--heap", heap)
    assert (status, err) == (1, "")
    assert f"REFUTED  {heap}.init." in out
    assert ", in the initialiser" in out


def busy(events: int) -> Trace:
    """A program that asks for blocks of many sizes, and resizes and frees them in no order."""
    chance, made, live, number = random.Random(5), list[Event](), list[int](), 0
    sizes = (1, 24, 64, 65, 200, 1000, 4096, 9000, 20000)
    while len(made) < events:
        what = chance.randrange(10)
        if live and what < 4:
            made.append(Event(FREE, live.pop(chance.randrange(len(live))), 0))
        elif live and what == 4:
            made.append(Event(REALLOC, chance.choice(live), chance.choice(sizes)))
        else:
            made.append(Event(CALLOC if what == 5 else MALLOC, number, chance.choice(sizes)))
            live.append(number)
            number += 1
    return Trace("made up", tuple(made))


BUSY = busy(300)
HEAPS = {"bin_heap": bin_heap.DEFECTS, "bucket_heap": bucket_heap.DEFECTS, "segment_heap": segment_heap.DEFECTS}
SUBTLE = (
    (
        "bin_heap",
        "return block + HEADER\n\n    @by_contract\n    def clear",
        "return block + HEADER + 64\n\n    def clear",
    ),
    ("bin_heap", "self.memory.fill(block, HEADER, 0)", "self.memory.fill(block - 8, HEADER, 7)"),
    ("bin_heap", "        self._wipe_header(right)\n", "        self._wipe_header(right)\n        absorbed.flags\n"),
    (
        "bin_heap",
        "min(BlockHeader(self.memory, block).size, size))",
        "min(BlockHeader(self.memory, block).size, size) - 1)",
    ),
    ("bin_heap", "        if not header.flags & ZEROED:\n", "        if header.flags & ZEROED:\n"),
    ("bin_heap", "self.unmap_memory(block, size + HEADER)", "self.unmap_memory(block, size + HEADER + PAGE_SIZE)"),
    ("segment_heap", "return segment.address + Segment.SIZE\n", "return segment.address + Segment.SIZE + 16\n"),
    ("bucket_heap", "        self.memory.release_range(FreeLink, page, end)\n", "        pass\n"),
)
"""Payloads that are spoilt or not moved, answers in the wrong place, and headers that are gone or not yet."""
FUNCTION = re.compile(r" at 0x[0-9a-f]+>")
"""Where Python keeps one."""


def seen(result: ReplayResult) -> tuple[object, ...]:
    """What was noticed, when, and all that was counted."""
    found = [(event, FUNCTION.sub("", str(one)), one.theorems) for event, one in result.violations]
    return found, replace(result, seconds=0.0, violations=[])


def both_ways(monkeypatch: pytest.MonkeyPatch, heap: str, every: int | None) -> list[ReplayResult]:
    """The same replay with the quick memory, and with the machine's own."""
    quick = replay(BUSY, heap, every)
    with monkeypatch.context() as patched:
        patched.setattr(harness, "HurriedMemory", UnnotedMemory)
        return [quick, replay(BUSY, heap, every)]


@pytest.mark.parametrize(("heap", "old", "new"), SUBTLE)
def test_payload_answer_and_header_are_looked_at_in_every_event(
    broken: Breaking, monkeypatch: pytest.MonkeyPatch, heap: str, old: str, new: str
) -> None:
    broken(heap, old, new)
    quick, slow = both_ways(monkeypatch, heap, NEVER)
    assert quick.violations
    assert seen(quick) == seen(slow)


@pytest.mark.parametrize("heap", HEAPS)
@pytest.mark.parametrize("every", [None, NEVER], ids=["some in full", "none in full"])
def test_a_sound_heap_is_told_alike(monkeypatch: pytest.MonkeyPatch, heap: str, every: int | None) -> None:
    quick, slow = both_ways(monkeypatch, heap, every)
    assert (quick.violations, quick.events) == ([], len(BUSY.events))
    assert seen(quick) == seen(slow)


@pytest.mark.parametrize(
    ("heap", "defect"),
    [(heap, defect) for heap, defects in HEAPS.items() for defect in defects],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_every_defect_is_noticed_at_the_same_event(monkeypatch: pytest.MonkeyPatch, heap: str, defect: Defect) -> None:
    module = registry.live(heap, "driver")
    bench = replace(module.DRIVER.bench, module=load_edition(module.DRIVER.bench.module, defect.source()))
    monkeypatch.setattr(module, "DRIVER", replace(module.DRIVER, bench=bench))
    quick, slow = both_ways(monkeypatch, heap, NEVER)
    assert seen(quick) == seen(slow)
