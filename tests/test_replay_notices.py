"""What a replay notices although no call is checked in full, and at which event: of a heap that has one defect."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from proofs import registry
from proofs.checking.bench import load_edition, source_of
from proofs.checking.replay import ReplayResult, replay
from proofs.checking.trace import Event, Trace

NEVER = 1 << 62
Breaking = Callable[[str, str, str], None]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Breaking:
    """Makes replays of a heap run an edition in which one text stands for another."""

    def breaks(heap: str, old: str, new: str) -> None:
        module = registry.live(heap, "driver")
        driver = module.DRIVER
        source = source_of(driver.bench.module)
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
