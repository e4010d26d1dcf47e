"""Calls that workers of a scheduler answer: same results, whatever becomes of a worker."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from proofs.engine.climbing import Solved, climb
from proofs.mutation.survey import Plan, survey
from proofs.remote.identity import own
from proofs.remote.scheduler import Refused, Scheduler, Unreachable
from proofs.remote.serving import Lost, Request, Stranger, outcome
from tests.errands import slowly

pytest.importorskip("distributed")
ROOT = Path(__file__).parent.parent
FALSE = [("(declare-const x Int)(assert (> x 3))(assert (< x 2))(check-sat)", False, True)]
TRUE = [("(declare-const x Int)(assert (> x 3))(check-sat)", False, True)]
BIN = Path(sys.executable).parent


class Cluster:
    """A scheduler of our own, on this machine, and its workers."""

    def __init__(self, folder):
        self.folder, self.workers = folder, []
        self.scheduler = self._started("scheduler", "--port", "0", "--scheduler-file", str(folder / "here.json"))
        deadline = time.monotonic() + 60
        self.address = ""
        while not self.address:
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
            with suppress(OSError, ValueError):  # it is not there, or not whole
                self.address = json.loads((folder / "here.json").read_text())["address"]

    def _started(self, *words):
        command = [str(BIN / "dask"), *words, "--no-dashboard"]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def worker(self):
        found = self._started("worker", self.address, "--nthreads", "1", "--no-nanny")
        self.workers.append(found)
        return found

    def end(self):
        for process in [*self.workers, self.scheduler]:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    found = Cluster(tmp_path)
    yield found
    found.end()


def test_a_stranger_answers_nothing_and_says_in_what_it_differs():
    other = replace(own(), z3="4.0", sources="0" * 16)
    found = outcome(Request(other, "os:getpid", (b"no pickle at all",), 5, True), own())
    assert isinstance(found, Stranger)
    assert found.differences == (f"z3: {own().z3} instead of 4.0", f"sources: {own().sources} instead of {'0' * 16}")


def test_a_worker_with_another_machine_word_is_a_stranger():
    """What it finds would be true of other allocators: sources and solvers are the same."""
    found = outcome(Request(replace(own(), word="32"), "os:getpid", (), 5, True), own())
    assert isinstance(found, Stranger) and found.differences == ("word: 64 instead of 32",)


def test_no_scheduler_is_one_clear_line_and_status_2(run, monkeypatch):
    monkeypatch.setattr("proofs.remote.scheduler.CONNECTING", 0.5)
    status, _, err = run("mutate", "block_heap", "--sample", "1", "--scheduler", "tcp://127.0.0.1:9")
    assert status == 2 and "no scheduler answers at tcp://127.0.0.1:9" in err


@pytest.mark.slow
def test_a_scheduler_without_workers_is_no_hang(cluster, monkeypatch):
    monkeypatch.setattr("proofs.remote.scheduler.CONNECTING", 2)
    with pytest.raises(Unreachable, match="has no worker: start some with"):
        Scheduler(cluster.address)


@pytest.mark.slow
def test_each_call_has_its_own_result_and_one_that_dies_costs_only_itself(cluster, tmp_path):
    cluster.worker()
    with Scheduler(cluster.address) as scheduler:
        answers = dict(scheduler.each(climb, [(FALSE, 0), (TRUE, 0)] * 10, 60, size=3))
        assert sorted(answers) == list(range(20))
        assert all(isinstance(one, Solved) for one in answers.values())
        assert [answers[n].answer.answer for n in range(20)] == ["unsat", "sat"] * 10
        found = dict(scheduler.each(slowly, [(n, str(tmp_path)) for n in range(6)], 60))
        assert found.pop(3) == Lost("the worker died: exit status 7", False)
        assert found == {n: n * n for n in (0, 1, 2, 4, 5)}


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_is_killed_or_stands_still_loses_nothing(cluster, tmp_path, blow):
    victim, _ = cluster.worker(), cluster.worker()
    with Scheduler(cluster.address) as scheduler:
        scheduler.client.wait_for_workers(2, timeout=60)
        found = {}
        for number, result in scheduler.each(slowly, [(n, str(tmp_path)) for n in (0, 1, 2, 4, 5, 6)], 60):
            if not found:
                os.killpg(victim.pid, blow)
            found[number] = result
    assert found == {0: 0, 1: 1, 2: 4, 3: 16, 4: 25, 5: 36}


@pytest.mark.slow
def test_a_worker_whose_sources_differ_is_refused(cluster):
    cluster.worker()
    with Scheduler(cluster.address) as scheduler:
        scheduler.identity = replace(own(), sources="f" * 16)
        with pytest.raises(Refused, match=r"is a stranger: sources: .* instead of ffff"):
            list(scheduler.each(climb, [(FALSE, 0)], 60))


@pytest.mark.slow
def test_a_survey_by_four_workers_of_which_one_is_killed_is_the_local_one(cluster, tmp_path):
    def fates(plan):
        (row,) = survey(plan).rows
        return [(mutant.id, trial.fate, trial.theorem) for mutant, trial in row.trials]

    victim, *_ = [cluster.worker() for _ in range(4)]
    plan = Plan(("block_heap.free", "block_heap._mark_taken"), jobs=2, sample=3)
    with Scheduler(cluster.address) as scheduler:
        scheduler.client.wait_for_workers(4, timeout=90)
        struck = []

        def strike(done, total):
            if done >= 1 and not struck:
                struck.append(os.killpg(victim.pid, signal.SIGKILL))

        there = fates(replace(plan, scheduler=scheduler, progress=strike))
    assert struck and there == fates(plan)


@pytest.mark.slow
def test_proofs_checks_and_doubts_by_workers_are_the_local_ones(cluster, run):
    cluster.worker()
    for command in (
        ("prove", "block_heap.free", "--no-cache", "--only", "--stability", "1"),
        ("check", "block_heap", "--steps", "60", "--seed", "3"),
        ("doubt", "names.star_target"),
    ):
        here = run(*command, "--format", "json")
        there = run(*command, "--format", "json", "--scheduler", cluster.address)
        assert here[0] in (0, 3) and len(here[1]) > 200
        assert (there[0], without_times(there[1])) == (here[0], without_times(here[1]))


def without_times(text):
    """A document without what differs from run to run."""
    return re.sub(r'"(\w*seconds|slowest)": [0-9.e-]+', "", text)
