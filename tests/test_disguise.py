"""A disguise changes names and order and nothing else; instability is seen and counted."""

import json
import sys

import pytest

from proofs.cli import main
from proofs.engine import stability
from proofs.engine.cache import Cache
from proofs.engine.climbing import Solved
from proofs.engine.discharge import Answer, solve
from proofs.engine.disguise import commands_of, disguised
from proofs.engine.runner import Options, prove
from proofs.engine.stability import FLOOR, Shaken, Stability, shake, tries_of
from proofs.engine.verdict import Asked
from tests.test_discharge import FALSE, QUANTIFIED, TRUE
from tests.toys import Toy, ensures

TEXT = """(declare-fun Cell.a!0 () (Array Int Int))
(declare-fun n!0 () Int)
(declare-fun |n 1| () Int)
(assert (forall ((x? Int))
  (! (>= (select Cell.a!0 x?) n!0) :pattern ((select Cell.a!0 x?)))))
(assert (= |n 1| n!0))
(assert (not (>= (select Cell.a!0 5) |n 1|)))
"""


@pytest.fixture
def run_prove(capfd, monkeypatch, tmp_path):
    """Run ``drystone prove ... --format json``: (status, document)."""

    def running(*arguments: str):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["drystone", "prove", *arguments, "--format", "json"])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, json.loads(capfd.readouterr().out)

    return running


def test_a_text_is_taken_apart_into_its_commands():
    assert len(commands_of(TEXT)) == 6
    assert "".join("".join(commands_of(TEXT)).split()) == "".join(TEXT.split())


def test_a_disguise_has_other_names_another_order_and_the_same_answer():
    seen = {disguised(TEXT, seed) for seed in range(1, 9)}
    assert len(seen) > 4
    for text in seen:
        assert "Cell.a" not in text
        assert "n!0" not in text
        assert text.count("(assert") == 3
        assert "x?" in text, "bound names are not declared"
        assert solve(text, mbqi=False).answer == "unsat"


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_does_not_follow_does_not_follow_in_disguise(seed):
    assert solve(disguised(FALSE, seed), mbqi=False).answer == "sat"
    assert solve(disguised(TRUE, seed), mbqi=False).answer == "unsat"
    assert solve(disguised(QUANTIFIED, seed), mbqi=False).answer == "unsat"


def test_the_same_seed_gives_the_same_disguise():
    assert disguised(TEXT, 7) == disguised(TEXT, 7)


def test_every_obligation_is_shaken():
    toy = Toy("    def run(self, n):\n        return n // 2\n", "", [ensures("half", lambda t: t.result * 2 <= t.n)])
    options = Options(jobs=1, sources={toy.name: toy.source})
    report = prove([toy.proof], (), options)
    found = shake([toy.proof], report, 3, options)
    assert len(found.shaken) == len({one.key for one in report.asked})
    assert found.flipped == []
    assert found.outliers == []
    assert all(one.worst >= one.median > 0 for one in found.shaken)


def test_what_was_shaken_before_is_not_shaken_again(monkeypatch, tmp_path):
    toy = Toy("    def run(self, n):\n        return n // 2\n", "", [ensures("half", lambda t: t.result * 2 <= t.n)])
    report = prove([toy.proof], (), Options(jobs=1, sources={toy.name: toy.source}))
    once, again = (Options(jobs=1, sources={toy.name: toy.source}) for _ in range(2))
    once.cache = Cache(tmp_path / "cache.sqlite")
    first = shake([toy.proof], report, 2, once)
    monkeypatch.setattr(stability, "tries_of", None)
    again.cache = Cache(tmp_path / "cache.sqlite")
    assert shake([toy.proof], report, 2, again) == first


def test_a_proof_that_fails_in_one_disguise_is_a_flip(monkeypatch):
    tries = iter([Answer("unsat", 10), Answer("unknown", 900), Answer("unsat", 12)])
    monkeypatch.setattr(stability, "climb", lambda rungs, seed: Solved(next(tries), 0.0))
    assert tries_of(((TRUE, False, True),), 3) == [("unsat", 10), ("unknown", 900), ("unsat", 12)]


def test_small_counts_are_not_taken_for_instability():
    asked = Asked("toy.run.it", 1, "key", (), "unsat")
    small = Shaken(asked, 0, FLOOR - 1, 100.0)
    large = Shaken(asked, 0, 30 * FLOOR, 2.0 * FLOOR)
    flip = Shaken(asked, 1, 100, 100.0)
    assert small.ratio == 1.0
    assert large.ratio == 15.0
    found = Stability(3, [small, large, flip])
    assert found.outliers == [large]
    assert found.flipped == [flip]


@pytest.mark.parametrize(("answer", "status"), [("unsat", 0), ("unknown", 3)])
def test_the_command_ends_3_if_a_proof_flips(run_prove, monkeypatch, answer, status):
    monkeypatch.setattr(stability, "climb", lambda rungs, seed: Solved(Answer(answer, 10), 0.0))
    end, document = run_prove("frame_allocator.get_header", "--stability", "2", "--jobs", "1", "--no-cache")
    assert end == status
    assert document["stability"]["disguises"] == 2
    assert document["stability"]["flips"] == (0 if answer == "unsat" else 2 * len(document["stability"]["obligations"]))
