"""The fate of mutants: what counts as a kill and what does not, whatever the number of jobs, and taken up again."""

import mmap
import os
import time
from types import SimpleNamespace

import pytest

from impl.ram import MAP_NORESERVE
from proofs import registry
from proofs.checking.bench import load_edition, source_of
from proofs.checking.campaign import machine_of
from proofs.engine import climbing, path
from proofs.engine.batches import Member
from proofs.engine.text import Piece, Text
from proofs.engine.theorem import Problem
from proofs.mutation import running
from proofs.mutation import survey as surveys
from proofs.mutation.apart import Lost, each_apart
from proofs.mutation.equivalents import Equivalent, equivalents
from proofs.mutation.mistakes import NoReason, NotProved
from proofs.mutation.report import last_line, survey_as_data
from proofs.mutation.running import Broken, TooLong, broken_by_running, edition_of, within
from proofs.mutation.survey import Plan, every_mutant, survey_of
from proofs.mutation.trial import Batches, Fate, Target, Trial, answered, theorem_of
from tests.toys import Toy, ensures

CAP = """
    def run(self, n):
        if n < 10:
            self.a = n
        else:
            self.a = 10
        return self.a
"""
DEMANDS = (
    ensures("kept", lambda t: (t.n >= 10) | (t.result == t.n)),
    ensures("capped", lambda t: (t.n < 10) | (t.result == 10)),
)
WITH_CODE = [name for name in registry.SUBJECTS if surveys.has_code(name)]
SAME = {"if n < 10: -> if (n <= 10):", "if n < 10: -> if n < 11:"}
"""Changes that make no difference."""


def target(method=CAP, demands=DEMANDS, run=lambda edition, patient: None) -> Target:
    toy = Toy(method, "", demands)
    theorems = frozenset(theorem.id for theorem in toy.report().theorems)
    return Target(toy.proof, {"toy": toy.source}, theorems, run, {"toy": toy.source})


def called(edition, patient) -> Broken | None:
    """A run: some calls of the edition on what looks like a cell."""
    for n in (0, 9, 10, 11):
        if edition.Cell.run(SimpleNamespace(a=5, b=5), n) != min(n, 10):
            return Broken(("toy.run.other", "toy.run.kept" if n < 10 else "toy.run.capped"), "call")
    return None


def plan(tmp_path, **more) -> Plan:
    (tmp_path / "equivalent.toml").touch()
    return Plan(**{"equivalents": tmp_path / "equivalent.toml", **more})


def fates(found) -> dict[str, Fate]:
    return {mutant.change: trial.fate for row in found.rows for mutant, trial in row.trials}


def theorems(found) -> dict[str, str]:
    return {mutant.change: trial.theorem for row in found.rows for mutant, trial in row.trials}


# ---------------------------------------------------------------- fates


def test_mutants_are_refuted_by_a_model_and_those_that_make_no_difference_survive(tmp_path):
    found = survey_of([target()], plan(tmp_path))
    kinds = fates(found)
    assert {change for change, fate in kinds.items() if fate is Fate.SURVIVED} == SAME
    assert {fate for change, fate in kinds.items() if change not in SAME} == {Fate.REFUTED}
    assert theorems(found)["self.a = n -> pass"] == "toy.run.kept"
    assert not found.clean


def test_a_run_refutes_before_the_prover_is_asked(tmp_path, monkeypatch):
    found = survey_of([target(run=called)], plan(tmp_path))
    assert fates(found)["self.a = 10 -> self.a = 11"] is Fate.REFUTED
    assert theorems(found)["self.a = 10 -> self.a = 11"] == "toy.run.capped"
    hows = {trial.how for row in found.rows for _, trial in row.trials if trial.fate is Fate.REFUTED}
    assert hows == {"call"}


def test_a_run_that_breaks_no_theorem_refutes_nothing(tmp_path):
    found = survey_of([target(run=lambda edition, patient: Broken(("toy.run.reference",), "call"))], plan(tmp_path))
    survivors = {m.change: trial.how for m, trial in found.rows[0].trials if trial.fate is Fate.SURVIVED}
    assert set(survivors) == SAME
    assert set(survivors.values()) == {"but a call breaks toy.run.reference, which is no theorem"}


def test_results_are_the_same_with_several_jobs(tmp_path):
    one, two = (survey_of([target(run=called)], plan(tmp_path, jobs=jobs)) for jobs in (1, 3))
    assert fates(one) == fates(two)
    assert list(fates(one)) == list(fates(two)) == [mutant.change for mutant in every_mutant(target())]


NEVER = """
    def run(self, n):
        while n < 0:
            n = n + 1
        return n
"""


def test_what_the_prover_cannot_execute_is_a_crash_and_no_kill(tmp_path, monkeypatch):
    monkeypatch.setattr(path, "MOST_DECISIONS", 20)
    found = survey_of([target(NEVER, [ensures("same", lambda t: t.result == t.n)])], plan(tmp_path))
    trial = next(trial for mutant, trial in found.rows[0].trials if "(n >= 0)" in mutant.change)
    assert trial.fate is Fate.CRASH
    assert "nothing known bounds its rounds" in trial.how
    assert not found.clean


def test_a_process_that_dies_is_a_crash_and_one_that_hangs_a_timeout(tmp_path, monkeypatch):
    monkeypatch.setattr(surveys, "PATIENCE", 1)
    dead = survey_of([target(run=lambda edition, patient: os._exit(3))], plan(tmp_path, sample=1))
    slow = survey_of([target(run=lambda edition, patient: time.sleep(60))], plan(tmp_path, sample=1))
    assert [set(fates(found).values()) for found in (dead, slow)] == [{Fate.CRASH}, {Fate.TIMEOUT}]


LAW = """
(declare-fun f (Int) Int)
(assert (forall ((x Int)) (! (> (f x) x) :pattern ((f x)))))
"""
CUBES = """
(declare-const x Int) (declare-const y Int) (declare-const z Int)
(assert (and (> x 0) (> y 0) (> z 0) (= (+ (* x x x) (* y y y)) (* z z z))))
"""
FLAT = """
(declare-fun f (Int) Int)
(assert (forall ((x Int)) (! (>= (f x) 0) :pattern ((f x)))))
"""


def problem(text: str, with_mbqi: bool) -> Problem:
    rungs = ((text, False, True), (text, True, True)) if with_mbqi else ((text, False, True),)
    return Problem("", "", (), "", rungs)


def test_giving_up_counts_as_unproved_and_running_out_of_budget_as_timeout(monkeypatch):
    monkeypatch.setattr(climbing, "BUDGET", 30_000)
    assert answered(problem(LAW + "(assert (< (f 3) 4))", True)) == (Fate.SURVIVED, "")
    assert answered(problem(FLAT + "(assert (= (f 3) 5))", False))[0] is Fate.UNPROVED
    assert answered(problem(FLAT + "(assert (= (f 3) 5))", True))[0] is Fate.REFUTED
    assert answered(problem(CUBES, False))[0] is Fate.TIMEOUT
    assert answered(problem("(assert nonsense)", False))[0] is Fate.CRASH
    assert answered(Problem("", "", (), "proved before")) == (Fate.SURVIVED, "")


def test_a_batch_is_asked_once_and_proves_what_follows():
    def member(formula):
        text = Text((Piece(f"(assert {formula})", frozenset({"(declare-fun x () Int)"})),))
        return Member("toy.run", "toy.run.so", formula, text)

    batch = tuple(map(member, ("(< x x)", "(> x 1)", "(not (= x x))")))
    batches = Batches([batch])
    assert [batches.prove(one.key) for one in (*batch, *batch)] == [True, False, True] * 2
    assert not batches.prove("another")


def test_where_a_batch_fails_nothing_is_proved_of_it():
    batch = (Member("toy.run", "toy.run.so", "key", Text((Piece("(assert nonsense)", frozenset()),))),)
    assert not Batches([batch]).prove("key")


# ---------------------------------------------------------------- choosing, remembering, excusing


def test_a_sample_is_taken_by_rank_and_the_report_says_that_it_is_one(tmp_path):
    every = survey_of([target(run=called)], plan(tmp_path))
    some = survey_of([target(run=called)], plan(tmp_path, sample=3))
    assert len(fates(some)) == 3
    assert fates(some).items() <= fates(every).items()
    assert "a sample of" in last_line(some)
    assert "a sample" not in last_line(every)


def test_functions_are_selected_by_name_and_those_that_no_operation_executes_are_left_out(tmp_path):
    idle = CAP + "\n    def idle(self):\n        self.b = 3\n"
    found = survey_of([target(idle, run=called)], plan(tmp_path))
    assert found.rows[0].unproved_functions == {"idle": 4}
    assert not any("self.b = 3" in change for change in fates(found))
    assert survey_of([target(run=called)], plan(tmp_path, patterns=["toy.other"])).rows[0].trials == []


def test_what_was_tried_is_not_tried_again_unless_that_is_wanted(tmp_path):
    store = tmp_path / "mutants.sqlite"
    first = survey_of([target(run=called)], plan(tmp_path, store=store, sample=4))
    again = survey_of([target(run=lambda edition, patient: os._exit(3))], plan(tmp_path, store=store, sample=5))
    assert sum(fate is Fate.CRASH for fate in fates(again).values()) == 1
    assert fates(first).items() <= fates(again).items()
    fresh = survey_of(
        [target(run=lambda edition, patient: os._exit(3))], plan(tmp_path, store=store, sample=4, fresh=True)
    )
    assert set(fates(fresh).values()) == {Fate.CRASH}


def listed(file, *changes: str, reason: str = "it changes nothing") -> None:
    entries = [
        f"[[mutant]]\nsubject = 'toy'\nfunction = 'run'\nchange = '{change}'\nreason = '{reason}'" for change in changes
    ]
    file.write_text("\n".join(entries))


def test_survivors_that_are_listed_with_a_reason_are_equivalent_and_the_survey_is_clean(tmp_path):
    listed(tmp_path / "equivalent.toml", *SAME)
    found = survey_of([target(run=called)], plan(tmp_path))
    assert {change for change, fate in fates(found).items() if fate is Fate.EQUIVALENT} == SAME
    assert found.clean
    assert survey_as_data(found)["subjects"][0]["equivalent"] == 2
    assert "killed 100.0%" in last_line(found)


def test_one_that_timed_out_may_be_listed_and_one_that_is_not_is_no_kill(tmp_path, monkeypatch):
    monkeypatch.setattr(surveys, "PATIENCE", 1)
    hanging = target(run=lambda edition, patient: time.sleep(60))
    listed(tmp_path / "equivalent.toml", *SAME)
    found = survey_of([hanging], plan(tmp_path, jobs=12))
    assert {change for change, fate in fates(found).items() if fate is Fate.EQUIVALENT} == SAME
    assert found.rows[0].count(Fate.TIMEOUT) == len(found.rows[0].trials) - len(SAME)
    assert found.rows[0].killed == 0


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.EQUIVALENT])
def test_only_what_is_refuted_or_makes_the_prover_fail_is_not_equivalent(fate):
    """Whether a proof is found again says little of a text that does the same."""
    complaints = []
    mutant = SimpleNamespace(subject="toy", function="run", change="a -> b")
    entry = Equivalent("toy", "run", "a -> b", "it changes nothing")
    trial = surveys._judged(mutant, Trial(fate, "toy.run.so", ""), [entry], complaints)
    is_known = fate not in (Fate.REFUTED, Fate.CRASH)
    assert (trial.fate is Fate.EQUIVALENT, complaints == []) == (is_known, is_known)


def test_an_entry_that_is_killed_or_stands_for_no_mutant_is_an_error(tmp_path):
    listed(tmp_path / "equivalent.toml", *SAME, "self.a = n -> pass", "self.c = n -> pass")
    found = survey_of([target(run=called)], plan(tmp_path))
    assert [complaint.split(",")[0] for complaint in found.complaints] == [
        "no mutant is toy.run: self.c = n -> pass",
        "toy.run: self.a = n -> pass",
    ]
    assert not found.clean


def test_an_entry_without_a_reason_is_an_error(tmp_path):
    listed(tmp_path / "equivalent.toml", *SAME, reason=" ")
    with pytest.raises(NoReason, match="no reason is given"):
        survey_of([target()], plan(tmp_path))


def test_an_entry_without_its_heading_is_an_error(tmp_path):
    listed(tmp_path / "equivalent.toml", *SAME)
    file = tmp_path / "equivalent.toml"
    file.write_text(file.read_text().replace("[[mutant]]", "# [[mutant]]", 1))
    with pytest.raises(NoReason, match=r"change, function, reason, subject: stands in no \[\[mutant\]\]"):
        survey_of([target()], plan(tmp_path))


def test_the_list_in_the_repository_names_mutants_that_there_are():
    known = set()
    for name in registry.SUBJECTS:
        proof = registry.proof_of(name)
        mutants = every_mutant(Target(proof, surveys.texts_of(proof), frozenset(), lambda edition, patient: None, {}))
        known |= {(mutant.subject, mutant.function, mutant.change) for mutant in mutants}
    assert {(one.subject, one.function, one.change) for one in equivalents()} <= known


# ---------------------------------------------------------------- running


def test_a_run_that_takes_for_ever_is_cut():
    with pytest.raises(TooLong), within(1):
        while True:
            pass


def test_a_faulty_segment_heap_is_refuted_by_a_run_that_replays_and_the_sound_one_is_not():
    module = registry.proof_of("segment_heap").module
    source = source_of(module)
    faulty = source.replace("segment.size >= needed", "segment.size > needed")
    assert faulty != source
    broken = broken_by_running("segment_heap", load_edition(module, faulty))
    assert broken is not None
    assert broken.run.startswith("story of")


@pytest.mark.parametrize("name", WITH_CODE)
def test_every_checker_has_one_machine(name):
    assert machine_of(name).__module__ == f"proofs.{name}.live.rules"


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_CODE)
def test_the_runs_of_the_sound_subject_break_nothing_within_the_limits_of_a_trial(name):
    surveys._rehearse(registry.proof_of(name))


def test_what_the_parent_has_mapped_takes_nothing_from_a_trial():
    held = mmap.mmap(-1, running.MEMORY, flags=mmap.MAP_PRIVATE | MAP_NORESERVE)

    def maps_a_little(_: int) -> bool:
        running.limit_memory()
        mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | MAP_NORESERVE).close()
        return True

    assert list(each_apart(maps_a_little, 1, 1, 60)) == [(0, True)]
    held.close()


def test_a_trial_that_asks_for_all_memory_dies_alone():
    def maps_too_much(_: int) -> bool:
        running.limit_memory()
        mmap.mmap(-1, 2 * running.MEMORY, flags=mmap.MAP_PRIVATE | MAP_NORESERVE)
        return True

    ((_, lost),) = each_apart(maps_too_much, 1, 1, 60)
    assert isinstance(lost, Lost)


def test_runs_that_fail_of_the_sound_subject_say_nothing_of_its_mutants(monkeypatch):
    monkeypatch.setattr(surveys, "quick_runs", lambda subject, edition: [lambda: 1 // 0])
    with pytest.raises(NotProved):
        surveys._rehearse(registry.proof_of("segment_heap"))


def test_an_exception_that_is_no_refusal_refutes():
    module = registry.proof_of("segment_heap").module
    faulty = source_of(module).replace("needed = align_up(size, GRANULE)", "needed = align_up(size, None)")
    broken = broken_by_running("segment_heap", load_edition(module, faulty))
    assert broken is not None
    assert broken.theorems == ("segment_heap.allocate.raises_only",)


def test_a_change_in_a_part_reaches_the_edition_and_nothing_else():
    proof = registry.proof_of("frame_allocator")
    (part,) = proof.parts
    faulty = source_of(part).replace("return None", "return 7")
    edition = edition_of(proof, part.__name__, faulty)
    assert edition.no_regions(0) == 7
    assert proof.module.no_regions(0) is None


def test_what_a_call_inside_requires_is_its_callers_theorem():
    proof = registry.proof_of("bucket_heap")
    known = frozenset({"bucket_heap.alloc.calls.take_pages", "bucket_heap.alloc.null_only_if"})
    target = Target(proof, {}, known, lambda edition, patient: None, {})
    assert theorem_of(target, "bucket_heap.alloc.null_only_if") == "bucket_heap.alloc.null_only_if"
    assert theorem_of(target, "bucket_heap.take_pages.whole_pages") == "bucket_heap.alloc.calls.take_pages"
    assert theorem_of(target, "bucket_heap.take_pages.no_such_clause") == ""
    assert theorem_of(target, "bucket_heap.carve.one_page") == ""
