"""The segment heap is proved; and each defect of the gallery is refuted with a run that shows it."""

import re
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

from proofs import registry
from proofs.engine import climbing
from proofs.engine.cache import Cache
from proofs.engine.runner import Options
from proofs.engine.runner import prove as prove_alone
from proofs.engine.verdict import Verdict
from proofs.proving import prove_subjects
from tests.defects.defect import Defect
from tests.defects.segment_heap import DEFECTS
from tests.warm import warm

SUBJECT = ["segment_heap"]
MOST_RESOURCES = 10_000_000
"""What one theorem may cost the solver in all, short tries in vain included; a matching loop costs more."""
MOST_SECONDS = 5.0
"""For one obligation, on a machine that is busy with other things; alone it takes a tenth of a second."""


def prove(*patterns: str, **options):
    return prove_subjects(SUBJECT, patterns, Options(**{"jobs": 2, **options}))


def assert_proved(report) -> None:
    assert [t.id for t in report.theorems if t.verdict is not Verdict.PROVED] == []
    assert report.exit_status() == 0


@pytest.fixture(scope="module")
def report():
    """What the last run left in the cache counts: it is the same text that was proved."""
    return prove(cache=Cache(Path(".drystone/cache.sqlite")))


def test_everything_is_proved(report):
    assert_proved(report)
    assert len(report.theorems) > 100
    assert {t.operation for t in report.theorems} == {"init", "allocate", "free", "trim", "dump", "destruct"}


def test_no_theorem_is_expensive(report):
    costly = {t.id: t.resources for t in report.theorems if t.resources > MOST_RESOURCES}
    assert costly == {}
    assert max(t.slowest for t in report.theorems) < MOST_SECONDS


@pytest.mark.parametrize(
    "kind",
    [
        "safety",
        "machine_width",
        "reachable",
        "*terminates",
        "*_cost",
        "disjoint",
        "coalesced",
        "live_blocks_kept",
        "payloads_kept",
        "nothing_outside",
    ],
)
def test_every_kind_of_theorem_is_there_for_allocate_and_free(report, kind):
    pattern = re.compile(rf"segment_heap\.(allocate|free)\.(\w+\.)?{kind.replace('*', '.*')}")
    assert {t.operation for t in report.theorems if pattern.fullmatch(t.id)} == {"allocate", "free"}


def test_every_theorem_has_a_name_of_its_own_and_a_sentence(report):
    assert len({t.id for t in report.theorems}) == len(report.theorems)
    assert all(t.sentence for t in report.theorems)
    assert all(t.obligations + t.obvious > 0 for t in report.theorems if not t.id.endswith(".reachable"))


def test_no_end_of_any_operation_is_vacuous(report):
    ends = [t for t in report.theorems if t.id.endswith(".reachable")]
    assert len(ends) == 6
    assert all(t.obvious > 0 for t in ends)


# ---------------------------------------------------------------- must fail

QUICK = ("fit_needs_more",)
"""Refuted within seconds; the others in slow tests."""


EFFORT = 500_000
"""Resource units for one try, more than any of these theorems needs of the sound edition."""


@cache
def refute(defect: Defect):
    """Only the theorems that the defect names; the search for a run may add the one that it broke."""
    with patch.multiple(climbing, BUDGET=EFFORT, MBQI_BUDGET=EFFORT // 10):
        return prove(*defect.theorems, jobs=1, cache=warm(), sources={"segment_heap": defect.source()}, only=True)


@pytest.mark.parametrize(
    "defect",
    [pytest.param(d, id=d.name, marks=[] if d.name in QUICK else [pytest.mark.slow]) for d in DEFECTS],
)
def test_a_defect_is_refuted_by_a_theorem_that_says_what_is_wrong(defect: Defect):
    report = refute(defect)
    assert report.verdict is Verdict.REFUTED
    assert report.exit_status() == 1
    named = {t.id: t for t in report.theorems if t.id in defect.theorems}
    noticed = (Verdict.REFUTED, Verdict.UNKNOWN)
    assert any(t.verdict in noticed and t.failures for t in named.values()), "the prover noticed nothing"
    refuted = [t for t in report.theorems if t.verdict is Verdict.REFUTED]
    shown = [t for t in refuted if t.trace]
    assert shown, "no run shows the defect"
    assert all("def history(world" in t.trace and t.id in t.trace and t.sentence for t in shown)
    compile(shown[0].trace, "history.py", "exec")


def test_a_failure_says_what_where_on_which_path_and_with_which_values():
    """Where no run is looked for, which says more."""
    defect = next(d for d in DEFECTS if d.name == "fit_needs_more")
    options = Options(jobs=1, cache=warm(), sources={"segment_heap": defect.source()}, only=True)
    with patch.multiple(climbing, BUDGET=EFFORT, MBQI_BUDGET=EFFORT // 10):
        report = prove_alone([registry.proof_of("segment_heap")], defect.theorems, options)
    theorem = next(t for t in report.theorems if t.failures)
    assert theorem.id == "segment_heap.allocate.walk_for_fit.no_fit_behind"
    failure = theorem.failures[0]
    assert failure.sentence == "no segment that the walk passed is free and large enough"
    assert re.fullmatch(r"segment_heap\.py:\d+ in allocate", failure.line)
    assert any(
        re.fullmatch(r"segment_heap\.py:\d+ in _?\w+: .+  -> (True|False)(, (True|False))*", step)
        for step in failure.decisions
    )
    assert {"size", "heap start", "heap end", "segments"} <= dict(failure.values).keys()


def test_what_a_defect_does_not_touch_is_still_proved():
    defect = next(d for d in DEFECTS if d.name == "taken_stays_free")
    options = Options(jobs=1, sources={"segment_heap": defect.source()})
    report = prove_alone([registry.proof_of("segment_heap")], ("segment_heap.dump",), options)
    assert {theorem.verdict for theorem in report.theorems} == {Verdict.CONDITIONAL}
    assert report.unseen == ["virtual_memory.read"]  # nobody asked for the floor


@pytest.mark.slow
def test_one_job_says_of_a_defect_what_several_say():
    """What is looked at quickly, because a run breaks the subject, does not depend on what ran beside it."""
    defect = next(d for d in DEFECTS if d.name == "splits_off_too_little")
    sources = {"segment_heap": defect.source()}
    reports = [prove("segment_heap.allocate", jobs=jobs, cache=warm(), sources=sources, only=True) for jobs in (1, 2)]
    assert len({repr([(t.id, t.verdict) for t in report.theorems]) for report in reports}) == 1
    assert reports[0].verdict is Verdict.REFUTED
