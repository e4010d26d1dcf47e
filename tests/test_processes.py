"""A process that ends early, by whatever means, has proved nothing: ERROR and status 2, and nothing is left running."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from proofs.engine import guard
from proofs.engine.guard import guarded
from proofs.engine.values import SymInt
from proofs.engine.verdict import Verdict
from proofs.engine.workers import Pool
from tests.toys import Toy, ensures, prove_toys

ROOT = Path(__file__).parent.parent
SAME = "\n    def run(self, n):\n        return n\n"
TRUE = ensures("true", lambda t: t.n + 1 > t.n)
ENDS = {
    "exits with 0": "import os\nos._exit(0)",
    "exits with 3": "import os\nos._exit(3)",
    "raises SystemExit(0)": "raise SystemExit(0)",
    "raises SystemExit": "raise SystemExit",
    "is interrupted": "raise KeyboardInterrupt",
    "closes a generator": "raise GeneratorExit",
    "raises what nobody knows": "raise BaseException('strange')",
    "is killed": "import os\nos.kill(os.getpid(), 9)",
    "ends by a signal": "import os\nos.kill(os.getpid(), 15)",
}


# ---------------------------------------------------------------- what is executed ends its process


def ending(end, name="toy"):
    """A subject whose proof ends the process when the operation is called."""
    toy = Toy(SAME, "", [TRUE], name=name)
    toy.proof = replace(toy.proof, invoke=lambda *more: exec(ENDS[end]))
    return toy


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("end", ENDS)
def test_an_operation_that_ends_its_process_is_an_error(end, jobs):
    report = ending(end).report(jobs=jobs)
    assert [t.verdict for t in report.theorems] == [Verdict.ERROR]
    assert report.theorems[0].failures
    assert report.exit_status() == 2


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("end", ENDS)
def test_a_clause_that_ends_the_process_is_an_error(end, jobs):
    law = ensures("law", lambda t: exec(ENDS[end]))
    assert Toy(SAME, "", [law]).report(jobs=jobs).exit_status() == 2


@pytest.mark.parametrize("end", ENDS)
def test_a_program_that_ends_its_process_is_an_error(end):
    text = ENDS[end].replace("\n", "\n        ")
    assert Toy(f"\n    def run(self, n):\n        {text}\n", "", [TRUE]).report().exit_status() == 2
    assert Toy(SAME, "", [TRUE], before=ENDS[end]).report().exit_status() == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_others_are_proved_all_the_same(jobs):
    toys = [ending(end, f"toy{number}") for number, end in enumerate(ENDS)]
    report = prove_toys([*toys, Toy(SAME, "", [TRUE], name="last")], jobs=jobs)
    verdicts = {t.id: t.verdict for t in report.theorems}
    assert verdicts["last.run.true"] is Verdict.PROVED
    assert [verdicts[f"{toy.name}.run.executes"] for toy in toys] == [Verdict.ERROR] * len(toys)


def test_what_one_operation_does_to_its_process_another_does_not_see():
    """Each is executed in a process of its own, also with one job."""

    def spoil(*more):
        SymInt.__lt__ = lambda *more: True

    spoiling = Toy(SAME, name="first")
    spoiling.proof = replace(spoiling.proof, invoke=spoil)
    wrong = Toy(SAME, "", [ensures("w", lambda t: t.result < 9)], name="second")
    verdicts = {t.id: t.verdict for t in prove_toys([spoiling, wrong]).theorems}
    assert verdicts["second.run.w"] is Verdict.REFUTED


# ---------------------------------------------------------------- pools


def lost(number, reason, hung):
    return f"lost {number}{' hung' if hung else ''}"


def ends_at(number, end):
    def function(n):
        return end() if n == number else n

    return function


@pytest.mark.parametrize(
    "end",
    [lambda: os._exit(0), lambda: os._exit(1), lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: sys.exit(0)],
)
@pytest.mark.parametrize(("jobs", "apart"), [(1, True), (2, True), (2, False), (3, False)])
def test_a_call_whose_process_ends_is_lost_and_no_other(end, jobs, apart):
    with Pool(jobs, apart=apart) as pool:
        found = list(pool.each(ends_at(4, end), [(n,) for n in range(9)], lost))
    assert found == [*range(4), "lost 4", *range(5, 9)]


def test_a_result_that_cannot_be_sent_is_lost():
    with Pool(2) as pool:
        found = list(pool.each(ends_at(0, lambda: lambda: 0), [(0,), (1,)], lost))
    assert found == ["lost 0", 1]


def test_a_call_that_hangs_is_lost_and_its_process_is_ended():
    with Pool(2, patience=0.5) as pool:
        found = list(pool.each(ends_at(1, lambda: time.sleep(60)), [(n,) for n in range(4)], lost))
    assert found == [0, "lost 1 hung", 2, 3]


def test_none_is_a_result():
    with Pool(2) as pool:
        assert list(pool.each(lambda n: None, [(0,), (1,)], lost)) == [None, None]


def test_calls_that_are_kept_apart_have_a_process_each():
    with Pool(1, apart=True) as pool:
        processes = list(pool.each(os.getpid, [()] * 3, lost))
    assert len({*processes, os.getpid()}) == 4


def test_nothing_runs_on_when_a_pool_is_left():
    pool = Pool(2)
    with pool:
        found = pool.each(lambda n: n if n == 0 else time.sleep(60), [(0,), (1,), (2,)], lost)
        assert next(found) == 0
        processes = [worker.process for worker in pool.workers]
    assert [process.is_alive() for process in processes] == [False, False]


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize("status", [0, 1, 2, 3, 5])
def test_the_status_of_a_complete_run_is_handed_over(status):
    assert guarded(lambda: status) == status


def raising(error):
    raise error


@pytest.mark.parametrize(
    "end",
    [
        lambda: os._exit(0),
        lambda: os._exit(3),
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        lambda: os.kill(os.getpid(), signal.SIGTERM),
        lambda: raising(SystemExit(0)),
        lambda: raising(RuntimeError("strange")),
        lambda: raising(BaseException()),
    ],
)
def test_a_run_that_ends_early_is_status_2_and_one_line_says_so(end, capfd):
    assert guarded(end) == 2
    assert capfd.readouterr().err.splitlines()[-1].startswith("drystone: the run ended early (")


def test_a_status_that_is_said_but_not_ended_with_does_not_count():
    def forging():
        os.write(sys._getframe(1).f_locals["pipe"], guard.COMPLETE + b"0")
        os._exit(1)

    assert guarded(forging) == 2


def script(tmp_path, text):
    file = tmp_path / "script.py"
    file.write_text(text)
    return subprocess.Popen([sys.executable, str(file)], cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environment())


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def wait_for(file):
    until = time.monotonic() + 30
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return file.read_text()


def is_alive(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(process):
    until = time.monotonic() + 10
    while is_alive(process) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_alive(process)


SLEEPER = """
import sys, time, os
import click
from pathlib import Path
from proofs import cli

def sleep():
    from proofs.engine.workers import Pool
    def call(n):
        Path({file!r} + ".new").write_text(str(os.getpid()))
        os.rename({file!r} + ".new", {file!r})
        time.sleep(100)
    with Pool(1, apart=True) as pool:
        list(pool.each(call, [(0,)], lambda *more: None))
    return 0

cli.drystone.add_command(click.command("sleep")(sleep))
sys.argv = ["drystone", "sleep"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_run_and_all_its_processes(tmp_path, number):
    file = tmp_path / "process"
    running = script(tmp_path, SLEEPER.format(file=str(file)))
    worker = int(wait_for(file))
    running.send_signal(number)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 2
    if number == signal.SIGINT:
        assert said.strip() == "drystone: interrupted"
    assert gone(worker)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a signal at the parent's death")
def test_a_command_that_is_killed_leaves_nothing_running(tmp_path):
    file = tmp_path / "process"
    running = script(tmp_path, SLEEPER.format(file=str(file)))
    worker = int(wait_for(file))
    running.kill()
    running.communicate(timeout=30)
    assert gone(worker)
