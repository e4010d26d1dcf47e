"""record: all that a program asks for, whatever its threads and children do; a clear word where it cannot be had."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from proofs.checking.replay import replay
from proofs.checking.trace import read_trace
from proofs.comparing.comparison import serving
from tests.c_heaps import needs_compiler
from tests.projects import ROOT
from tests.test_traces import ASKED, FOLDER, lines

pytestmark = needs_compiler


@pytest.fixture
def program(tmp_path):
    """Compiles a program of tests/traces."""

    def compiled(name: str, *flags: str):
        file = tmp_path / name
        words = ["cc", "-w", "-O1", "-fno-builtin", "-o", file, FOLDER / f"{name}.c", "-pthread", *flags]
        subprocess.run(words, check=True)
        return file

    return compiled


def test_every_way_to_ask_for_memory_is_recorded(run, program, tmp_path):
    status, out, err = run("record", "-o", "own.trace", "--", program("program"))
    assert (status, err) == (0, "")
    assert "own.trace: 15 events of" in out
    assert lines(read_trace(tmp_path / "own.trace").events) == ASKED


@pytest.mark.parametrize("turn", range(3))
def test_threads_leave_an_order_in_which_all_addresses_make_sense(run, program, tmp_path, turn):
    _, out, err = run("record", "-o", "threads.trace.gz", "--", program("threads"))
    assert err == ""
    assert " x " not in out, "nothing was left out or put in"
    events = read_trace(tmp_path / "threads.trace.gz").events
    own = {event.block for event in events if event.size == 4242}
    assert len(own) == 4 * 500
    assert sum(event.kind == "r" and event.block in own for event in events) == 4 * 500
    assert sum(event.kind == "f" and event.block in own for event in events) == 4 * 500


def test_a_child_is_no_part_of_its_parents_record_and_a_kill_loses_nothing(run, program, tmp_path):
    status, out, err = run("record", "-o", "forks.trace", "--", program("forks"))
    assert status == 0
    assert "died of signal 9" in err
    assert "1 programs that it started are not kept: --children keeps them" in out
    sizes = [event.size for event in read_trace(tmp_path / "forks.trace").events]
    assert 1111 in sizes
    assert 4444 in sizes
    assert not {2222, 3333} & set(sizes)


def test_programs_that_it_starts_are_kept_on_request(run, program, tmp_path):
    run("record", "-o", "forks.trace.gz", "--children", "--", program("forks"))
    sizes = [event.size for event in read_trace(tmp_path / "forks.trace.1.gz").events]
    assert 2222 in sizes
    assert not {3333, 4444} & set(sizes)


def test_of_a_program_that_executes_another_the_other_is_recorded(run, program, tmp_path):
    run("record", "-o", "shell.trace", "--", "sh", "-c", f"exec {program('forks')} again")
    assert {1111, 2222} <= {event.size for event in read_trace(tmp_path / "shell.trace").events}


@pytest.mark.parametrize(
    ("compiler", "message"), [("no-such-compiler", "there is no such command"), ("false", "does not compile")]
)
def test_without_a_compiler_there_is_a_clear_word(run, monkeypatch, compiler, message):
    monkeypatch.setenv("CC", compiler)
    status, out, err = run("record", "--", "true")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_no_program_and_no_record_are_told(run, program):
    status, _, err = run("record", "--", "./nothing")
    assert (status, err) == (2, "drystone: ./nothing: there is no such program\n")
    status, _, err = run("record", "--", program("program", "-static"))
    assert status == 5
    assert "linked statically" in err


def begun(*words):
    command = [sys.executable, "-m", "proofs.cli", "record", "-o", "own.trace", "--", *words]
    return command, {**os.environ, "PYTHONPATH": str(ROOT)}


def test_an_interrupt_is_the_programs_and_the_record_is_kept(tmp_path):
    script = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.1; done"
    command, environment = begun("sh", "-c", script)
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert "interrupted" in said
    assert "own.trace: " in said
    assert process.returncode == 0
    assert read_trace(tmp_path / "own.trace").events


def test_a_program_may_read_from_the_terminal(tmp_path):
    command, environment = begun("cat")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execve(command[0], command, environment)
    os.write(terminal, b"hello\n\x04")
    said = b""
    with suppress(OSError):  # the other end is gone
        while more := os.read(terminal, 1000):
            said += more
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, said
    assert said.count(b"hello") == 2, "the terminal's echo, and cat's"
    assert b"own.trace: " in said


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("sqlite3"), reason="there is no sqlite3")
@pytest.mark.parametrize("heap", serving())
def test_a_recorded_run_of_a_real_program_replays_without_a_violation(run, tmp_path, heap):
    sql = "create table t(a, b); insert into t values(1, 'one'); select count(*) from t;"
    _, out, _ = run("record", "-o", "sqlite.trace.gz", "--", "sqlite3", ":memory:", sql)
    assert int(re.search(r"([\d,]+) events", out)[1].replace(",", "")) > 100
    result = replay(read_trace(tmp_path / "sqlite.trace.gz"), heap)
    assert result.violations == []
    assert result.events == result.events_in_trace
