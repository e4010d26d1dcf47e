"""The record of speed: a ratio tells a slower work from a slower machine, and what is behind is told."""

import json
from pathlib import Path
from time import process_time

import pytest

from tests.benchmarks import ratios
from tests.benchmarks.works import WORKS, Proofs, program, timed

STEP = 0.004
"""Seconds of processor time, many times what the clock can tell apart."""


def spin(seconds: float):
    """Work of that length."""

    def run() -> None:
        end = process_time() + seconds
        while process_time() < end:
            pass

    return run


def ratio_of(work: float, loop: float) -> float:
    run = spin(work)
    return ratios.measured(lambda: timed(run), 5, spin(loop))[0]


def test_a_ratio_is_the_same_on_a_machine_of_half_the_speed():
    assert ratio_of(2 * STEP, STEP) == pytest.approx(2, rel=0.1)
    assert ratio_of(4 * STEP, 2 * STEP) == pytest.approx(2, rel=0.1)


def test_a_work_that_takes_a_third_more_is_behind_and_one_that_takes_a_tenth_more_is_not():
    base = {"a": 2.0, "b": 2.0}
    found = ratios.compared({"a": ratio_of(2.7 * STEP, STEP), "b": ratio_of(2.2 * STEP, STEP)}, base)
    assert [one["behind"] for one in found.values()] == [True, False]
    (line,) = ratios.warnings(found, base, True)
    assert line.startswith("a takes 1.")
    assert "instead of 2.0" in line


def test_a_disturbed_run_does_not_count():
    lengths = iter([9, 2, 9, 7])
    ratio, _ = ratios.measured(lambda: timed(spin(next(lengths) * STEP)), 4, spin(STEP))
    assert ratio == pytest.approx(2, rel=0.1)


def test_what_has_no_baseline_and_what_is_measured_no_more_is_told():
    found = ratios.compared({"new": 1.0}, {"old": 1.0})
    assert found["new"] == {"ratio": 1.0, "baseline": None, "behind": False}
    assert [line.split(":")[0] for line in ratios.warnings(found, {"old": 1.0}, True)] == ["new", "old"]
    assert len(ratios.warnings(found, {"old": 1.0}, False)) == 1


@pytest.mark.parametrize(("baseline", "warned"), [(1e-6, True), (1e6, False)])
def test_the_command_writes_the_record_and_warns(tmp_path, monkeypatch, capsys, baseline, warned):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ratios, "BASELINE", tmp_path / "baseline.json")
    (tmp_path / "baseline.json").write_text(json.dumps({"load": baseline}))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert ratios.main(["--only", "load"]) == 0
    assert ("WARNING: load takes" in capsys.readouterr().out) == warned
    record = json.loads((tmp_path / ".drystone" / "benchmarks.json").read_text())
    assert record["ratios"]["load"]["behind"] == warned
    assert record["reference_seconds"] > 0
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ratios.main(["--only", "load"])
    assert ("::warning title=benchmarks::load" in capsys.readouterr().out) == warned


def test_an_update_writes_what_was_measured_and_keeps_the_rest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ratios, "BASELINE", tmp_path / "baseline.json")
    (tmp_path / "baseline.json").write_text(json.dumps({"load": 1e-6, "other": 5.0}))
    ratios.main(["--only", "load", "--update"])
    kept = json.loads((tmp_path / "baseline.json").read_text())
    assert kept["other"] == 5.0
    assert kept["load"] > 1e-3


def test_the_committed_baseline_has_every_work():
    assert json.loads(ratios.BASELINE.read_text("utf-8")).keys() == WORKS.keys()


def test_the_program_is_the_same_each_time_and_of_the_length_asked_for():
    assert program(500) == program(500)
    assert len(program(500).events) == 500


def test_each_edit_is_another_text_of_one_function(monkeypatch):
    """So that no cache knows it, and all else is as it was."""
    seen = []

    def prove(self, *more):
        seen.append(Path(more[3]).read_text("utf-8") if "--source" in more else "")
        return 1.0

    monkeypatch.setattr(Proofs, "prove", prove)
    proofs = Proofs()
    proofs.edit()
    proofs.edit()
    edits = [text for text in seen if text]
    assert len({proofs.source, *edits}) == 3
    changed = [set(text.splitlines()) - set(proofs.source.splitlines()) for text in edits]
    assert all(0 < len(lines) < 20 for lines in changed)
