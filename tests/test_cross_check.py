"""The second solver answers the same text; it stays within its budget; what it contradicts becomes an ERROR."""

import json
import re
import sys

import pytest

from proofs.cli import main
from proofs.engine import cross_check as checking
from proofs.engine import second_solver
from proofs.engine.cache import Cache
from proofs.engine.core import core_of
from proofs.engine.cross_check import cross_check
from proofs.engine.discharge import Answer
from proofs.engine.discharge import solve as z3_solve
from proofs.engine.runner import Options, prove
from proofs.engine.second_solver import DIVISION, EAGER, LADDER, LAWS, PLAIN, RELEVANT, Way, climb, solve, weaker
from proofs.engine.text import Piece, Text
from proofs.engine.verdict import Verdict
from tests.test_discharge import FALSE, HARD, QUANTIFIED, TRUE, UNTRIGGERED
from tests.toys import Toy, ensures

RUN = """
    def run(self, n):
        self.a = n
        return self.a // 2
"""
HALVES = ensures("true", lambda t: t.result * 2 <= t.n)
WRONG = ensures("wrong", lambda t: t.result * 2 == t.n)
SHIFTED = """(declare-fun p (Int) Bool)(declare-fun q (Int Int) Bool)
(assert (forall ((x Int) (y Int)) (! (=> (= y (+ x 1)) (p x)) :pattern ((q x y)))))
(assert (q 5 6))
(assert (not (p 5)))
"""


def crossed(demands, *, source=RUN, **options):
    toy = Toy(source, "", demands)
    settings = Options(jobs=1, sources={toy.name: toy.source}, **options)
    report = prove([toy.proof], (), settings)
    return cross_check([toy.proof], report, settings), report


def test_it_answers_what_follows_and_what_does_not():
    assert solve(TRUE, PLAIN).answer == "unsat"
    assert solve(FALSE, PLAIN).answer == "sat"
    assert solve(QUANTIFIED, PLAIN).answer == "unsat"


def test_variables_stay_in_their_patterns():
    assert solve(SHIFTED, PLAIN).answer == "unsat"


def test_it_can_prove_what_our_patterns_do_not_reach():
    assert z3_solve(UNTRIGGERED, mbqi=False).answer == "unknown"
    assert solve(UNTRIGGERED, PLAIN).answer == "unsat"
    assert solve(UNTRIGGERED, EAGER).answer == "unsat"


def test_an_exhausted_budget_is_unknown_and_costs_the_same_each_time():
    one, two = (solve(HARD, PLAIN, budget=20_000) for _ in range(2))
    assert one.answer == "unknown"
    assert "RESOURCE" in one.reason
    assert one == two


def test_text_that_it_cannot_read_is_an_error_not_a_proof():
    solved, _ = climb((("(assert (+ 1))\n", False, True),))
    assert solved.answer.answer == "error"


def test_the_ladder_goes_from_the_slice_to_the_whole():
    sliced, whole = "(declare-const x Int)\n", TRUE
    solved, text = climb(((sliced, False, False), (whole, False, True)))
    assert solved.answer.answer == "sat", "a model of the slice is handed back to be judged"
    assert text == sliced
    assert not LADDER[0].whole
    assert any(way.whole for way in LADDER)


QUOTIENTS = """(declare-const x Int)
(declare-fun half (Int) Int)
(assert (forall ((y Int)) (! (= (half y) (div y 512)) :pattern ((half y)))))
"""
LAWS_SUFFICE = (
    "(not (= (mod (div (div x 4096) 512) 512) (mod (half (div x 4096)) 512)))",
    "(and (= (mod x 8) 0) (not (= (* 8 (div x 8)) x)))",
    "(or (< (mod x 7) 0) (>= (mod x 7) 7))",
)
NOT_TOLD = "(not (= (div x (- 2)) (- (div x 2))))"
"""Follows from what SMT-LIB says of negative divisors, which no law tells."""
WRONG_OF_DIVISION = "(not (= (* 512 (half x)) x))"


@pytest.mark.parametrize("goal", LAWS_SUFFICE)
def test_the_laws_of_division_suffice_for_what_quotients_have_in_common(goal):
    text = weaker(f"{QUOTIENTS}(assert {goal})\n")
    assert not any(word in text for word in DIVISION)
    assert solve(text, RELEVANT).answer == "unsat"


def test_the_weaker_text_proves_nothing_that_its_laws_do_not_tell():
    assert solve(f"{QUOTIENTS}(assert {NOT_TOLD})\n", PLAIN).answer == "unsat"
    assert solve(weaker(f"{QUOTIENTS}(assert {NOT_TOLD})\n"), RELEVANT).answer != "unsat"
    assert solve(weaker(f"{QUOTIENTS}(assert {WRONG_OF_DIVISION})\n"), RELEVANT).answer != "unsat"


def test_the_laws_are_true_of_division():
    """With the functions defined as division and remainder, no law can be false."""
    laws = re.findall(r"^\(assert (.*?)\)$(?=\n\(|\n*\Z)", LAWS, re.DOTALL | re.MULTILINE)
    assert len(laws) == 3
    for law in laws:
        meant = law.replace("div!", "div").replace("mod!", "mod")
        assert z3_solve(f"(assert (not {meant}))", mbqi=False).answer == "unsat", law


def test_a_model_of_the_weaker_text_is_no_answer(monkeypatch):
    monkeypatch.setattr(second_solver, "solve", lambda text, options, budget: Answer("sat", 1))
    monkeypatch.setattr(second_solver, "LADDER", (Way(True, PLAIN, weak=True),))
    solved, _ = climb(((TRUE, False, True),))
    assert solved.answer.answer == "unknown"


DECLARED = frozenset({"(declare-fun p (Int) Bool)", "(declare-fun n () Int)"})
GOAL = Piece("(assert (not (p 5)))", DECLARED)
NEEDED = Piece("(assert (and (= n 5) (p n)))", DECLARED)
BESIDE = Piece("(assert (p 7))", DECLARED)


def test_the_core_is_what_the_proof_used():
    assert core_of(Text((BESIDE, NEEDED, BESIDE, GOAL))) == Text((NEEDED, GOAL))
    assert core_of(Text((BESIDE, GOAL))) is None


def test_what_it_gives_up_it_is_asked_of_the_core(monkeypatch):
    monkeypatch.setattr(second_solver, "LADDER", ())
    rungs = [(Text((BESIDE, NEEDED, GOAL)), False, True)]
    solved, dispute = checking.second_opinion(rungs, "unsat")
    assert (solved.answer.answer, dispute) == ("unsat", "")


def test_what_a_core_does_not_prove_stays_open(monkeypatch):
    monkeypatch.setattr(second_solver, "LADDER", ())
    monkeypatch.setattr(second_solver, "core_of", lambda text: Text((BESIDE, GOAL)))
    solved, dispute = checking.second_opinion([(Text((BESIDE, NEEDED, GOAL)), False, True)], "unsat")
    assert (solved.answer.answer, dispute) == ("unknown", "")


def test_what_both_prove_is_counted():
    found, report = crossed([HALVES])
    (row,) = found.rows
    assert row.obligations == row.first == row.second == row.both == row.either > 0
    assert row.share == 1.0
    assert (found.left, found.disagreements) == ([], [])
    assert report.verdict is Verdict.PROVED


def test_what_is_false_is_proved_by_neither():
    found, report = crossed([WRONG])
    assert found.rows[0].either < found.rows[0].obligations
    assert [one.theorem for one, _ in found.left] == ["toy.run.wrong"]
    assert found.disagreements == []
    assert report.verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("demand", "lie", "words"),
    [(HALVES, "sat", "cvc5 has a model against it"), (WRONG, "unsat", "cvc5 proves it")],
)
def test_a_disagreement_is_an_error_of_the_theorem(monkeypatch, demand, lie, words):
    monkeypatch.setattr(second_solver, "solve", lambda text, options, budget: Answer(lie, 1))
    found, report = crossed([demand])
    assert found.disagreements
    assert all(words in reason for _, reason in found.disagreements)
    named = {one.theorem for one, _ in found.disagreements}
    assert {t.id for t in report.theorems if t.verdict is Verdict.ERROR} == named
    assert f"toy.run.{demand.name}" in named
    assert all(t.failures for t in report.theorems if t.id in named)


def test_a_model_against_a_text_that_z3_does_not_prove_either_is_no_disagreement(monkeypatch):
    monkeypatch.setattr(checking, "solve", lambda text, mbqi: Answer("unknown", 1))
    monkeypatch.setattr(second_solver, "solve", lambda text, options, budget: Answer("sat", 1))
    found, report = crossed([HALVES])
    assert found.disagreements == []
    assert report.verdict is Verdict.PROVED


def test_answers_are_cached_and_need_no_second_execution(tmp_path, monkeypatch):
    file = tmp_path / "cache"
    first, _ = crossed([HALVES], cache=Cache(file))
    monkeypatch.setattr("proofs.engine.gathering.collect", lambda *more: pytest.fail("executed again"))
    monkeypatch.setattr(second_solver, "solve", lambda *more: pytest.fail("solved again"))
    second, _ = crossed([HALVES], cache=Cache(file))
    assert first.rows[0].cached == 0
    assert second.rows[0].cached == second.rows[0].obligations == first.rows[0].obligations


def test_proofs_of_the_first_solver_alone_do_not_count_as_the_second_s(tmp_path):
    toy = Toy(RUN, "", [HALVES])
    toy.report(cache=Cache(tmp_path / "cache"))
    found, _ = crossed([HALVES], cache=Cache(tmp_path / "cache"))
    assert found.rows[0].cached == 0
    assert found.rows[0].second == found.rows[0].obligations


def test_the_command_shows_the_shares_of_both(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments = ["prove", "frame_allocator.get_header", "--cross-check", "--jobs", "1", "--format", "json"]
    monkeypatch.setattr(sys, "argv", ["drystone", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    (row,) = json.loads(capfd.readouterr().out)["cross_check"]["subjects"]
    assert end.value.code == 0
    assert row["subject"] == "frame_allocator"
    assert row["obligations"] == row["z3"] == row["cvc5"] == row["both"] > 0
