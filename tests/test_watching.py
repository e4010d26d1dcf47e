"""prove --watch: an edit, and only an edit, is answered by a run of its own; what it touches comes first."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import click
import pytest

from proofs import project
from proofs.prove_command import prove
from proofs.scaffold.writing import new_project
from proofs.watching.files import Watched
from proofs.watching.loop import Stage, given, stages
from proofs.watching.touched import operations_touched
from tests.projects import ROOT, replaced

PATIENCE = 90
"""Seconds, on a machine that does much else."""


@pytest.fixture
def pool(tmp_path) -> Path:
    new_project("pool", tmp_path)
    return tmp_path


class Running:
    """A command that goes on; its lines, as they come."""

    def __init__(self, at: Path, *words: str) -> None:
        command = [sys.executable, "-m", "proofs.cli", "prove", "--watch", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, cwd=at, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, text: str) -> str:
        """All lines up to one that holds the text."""
        seen, ends = "", time.monotonic() + PATIENCE
        while text not in seen:
            assert time.monotonic() < ends, f"no {text!r} in:\n{seen}"
            try:
                seen += self.lines.get(timeout=1)
            except queue.Empty:
                assert self.process.poll() is None, seen
        return seen

    def interrupted(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture
def watching(pool):
    begun = []

    def begin(*words: str) -> Running:
        begun.append(Running(pool, *words))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.interrupted()


def test_each_edit_is_answered_and_the_last_answer_is_the_status(pool, watching):
    code = pool / "pool" / "impl.py"
    run = watching()
    assert "PROVED" in run.until("answered after")
    replaced(code, "size > self.end - top", "size > self.end - top + 1")
    assert "REFUTED" in run.until("pool: answered after")
    code.touch()
    code.write_text(code.read_text() + "x = (\n")
    said = run.until("pool: answered after")
    assert said.count("changed") == 1, "a file that holds what it held was not edited"
    assert "SyntaxError" in said
    replaced(code, "\nx = (\n", "\n")
    replaced(code, "size > self.end - top + 1", "size > self.end - top")
    run.until("changed")
    assert "29 PROVED, 0 REFUTED" in run.until("pool: answered after")
    assert run.interrupted() == 0


def test_a_refuted_theorem_is_the_status_and_nothing_goes_on(pool, watching):
    replaced(pool / "pool" / "impl.py", "size > self.end - top", "size > self.end - top + 1")
    run = watching()
    run.until("answered after")
    assert run.interrupted() == 1
    assert not processes_in(pool)


@pytest.mark.slow
def test_an_edit_ends_the_round_that_is_under_way(pool, watching):
    code = pool / "pool" / "impl.py"
    run = watching("--no-cache", "--stability", "60")
    run.until("watching")
    time.sleep(1.5)
    replaced(code, "size > self.end - top", "size > self.end - top + 1")
    said = run.until("changed")
    assert "answered" not in said
    assert "29 PROVED" not in run.until("pool: answered after")
    assert run.interrupted() == 1
    assert not processes_in(pool)


def processes_in(folder: Path) -> list[str]:
    """Processes that work in the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder:
                found.append((process / "cmdline").read_bytes().decode())
        except OSError:
            continue
    return found


# ---------------------------------------------------------------- files


@pytest.fixture
def fresh(monkeypatch):
    """Looks at the projects of a folder as a new process does."""
    path = list(sys.path)

    def at(folder: Path) -> Watched:
        monkeypatch.chdir(folder)
        forget()
        return Watched()

    yield at
    sys.path[:] = path
    forget()


def forget() -> None:
    for known in (project.here, project.projects):
        known.cache_clear()


def test_sources_are_watched_and_what_the_tool_writes_is_not(pool, fresh):
    files = fresh(pool)
    wanted = ("pool/impl.py", "pool/new.py", "pyproject.toml", "pool/hints.lock")
    others = ("README.md", ".drystone/a.py", "pool/__pycache__/impl.py", ".git/x.toml", "../elsewhere.py")
    assert all(files.wanted(str(pool / name)) for name in wanted)
    assert not [name for name in others if files.wanted(os.path.normpath(pool / name))]


def test_an_edit_is_a_file_that_holds_something_else(pool, fresh):
    files = fresh(pool)
    code = pool / "pool" / "impl.py"
    code.touch()
    assert files.edited([code]) == []
    code.write_text("x = 1\n")
    (pool / "pool" / "more.py").write_text("")
    assert files.edited([code, code, pool / "pool" / "more.py"]) == [code, pool / "pool" / "more.py"]
    assert files.edited([code]) == []
    code.unlink()
    assert files.edited([code]) == [code]


def test_a_file_of_a_project_is_its_subjects_or_everybodys(pool, fresh):
    files = fresh(pool)
    assert files.owner(pool / "pool" / "model.py") == "pool"
    assert files.owner(pool / "pyproject.toml") == ""
    assert stages(files, [pool / "pool" / "model.py"], ()) == [Stage(("pool",), "pool")]
    assert stages(files, [pool / "pyproject.toml"], ())[0].select == ()


@pytest.mark.parametrize(
    ("file", "subject"),
    [
        ("impl/bin_heap.py", "bin_heap"),
        ("impl/bin_blocks.py", "bin_heap"),
        ("impl/bin_lists.py", "bin_heap"),
        ("impl/page_tables.py", "address_space"),
        ("impl/mmu.py", "virtual_memory"),
        ("impl/ram.py", ""),
        ("model/bin_heap/alloc.py", "bin_heap"),
        ("proofs/bin_heap/live/rules.py", "bin_heap"),
        ("proofs/hints/bin_heap.lock", "bin_heap"),
        ("impl/layout.py", ""),
        ("proofs/engine/path.py", ""),
        ("proofs/registry.py", ""),
    ],
)
def test_a_file_of_the_tree_is_its_subjects_or_everybodys(tmp_path, fresh, file, subject):
    assert fresh(tmp_path).owner(ROOT / file) == subject


@pytest.mark.parametrize(
    ("select", "first", "then"),
    [
        ((), ("bin_heap",), [()]),
        (("bin_heap",), ("bin_heap",), []),
        (("bin_heap.free", "stack"), ("bin_heap.free",), [("bin_heap.free", "stack")]),
        (("stack",), ("stack",), []),
        (("*.free",), ("*.free",), []),
    ],
)
def test_what_the_edit_touches_comes_first_and_then_all_that_is_selected(tmp_path, fresh, select, first, then):
    files = fresh(tmp_path)
    chosen = [stage.select for stage in stages(files, [ROOT / "model" / "bin_heap" / "alloc.py"], select)]
    assert chosen == [first, *then]


def test_the_operations_whose_code_was_edited_come_before_all_others(pool, fresh):
    files = fresh(pool)
    code = pool / "pool" / "impl.py"
    replaced(code, "size > self.end - top", "size > self.end - top + 1")
    first, second = stages(files, [code], ())
    assert first == Stage(("pool.allocate",), "pool: allocate", alone=True)
    assert first.words(["--verbose"]) == ["--only", "pool.allocate"]
    assert first.words(["--only"]) == ["pool.allocate"]
    assert second.select == ("pool",)
    assert stages(files, [code], ()) == [second], "the edit is known by now"
    replaced(code, "size > self.end - top + 1", "size > self.end - top")
    assert stages(files, [code], ("pool.free",))[0].select == ("pool.free",)


def test_an_edit_of_a_base_touches_what_calls_it_in_the_subjects_own_file(tmp_path, fresh, monkeypatch):
    """``_block_at`` of the lists is called by free and by realloc; names decide, so there are more."""
    files = fresh(tmp_path)
    lists = ROOT / "impl" / "bin_lists.py"
    told = lists.read_text()
    edit = {lists: told.replace("is_aligned(address, ALIGNMENT)", "is_aligned(address, 2 * ALIGNMENT)")}
    assert edit[lists] != told
    monkeypatch.setattr("proofs.watching.files._text", lambda file: edit.get(file, file.read_text()))
    touched = files.operations(lists)
    assert {"free", "realloc"} <= set(touched)
    assert {"bin_index", "first_bin", "acquire_lock"}.isdisjoint(touched)


PROGRAM = """LIMIT = 8

def helper(x):
    return x + LIMIT

class Heap:
    def alloc(self, size):
        "What it does."
        return self._take(size)

    def _take(self, size):
        return helper(size)

    def free(self, a):
        return a
"""


@pytest.mark.parametrize(
    ("old", "new", "touched"),
    [
        ("return a\n", "return a + 1\n", ("free",)),
        ("x + LIMIT", "x - LIMIT", ("alloc", "helper")),
        ("return helper(size)", "return size", ("alloc",)),
        ("def free(self, a)", "def free(self, a=1)", ("free",)),
        ("What it does.", "What it did.", ()),
        ("    def free", "    # a comment\n\n    def free", ()),
        ("LIMIT = 8", "LIMIT = 9", ()),
        ("def free", "def freed", ()),
        ("return a\n", "return (\n", ()),
    ],
)
def test_an_edit_touches_the_functions_that_changed_and_those_that_call_them(old, new, touched):
    assert old in PROGRAM
    assert operations_touched(PROGRAM, PROGRAM.replace(old, new)) == touched


def test_a_round_has_the_options_of_the_command(tmp_path):
    words = ["--watch", "-v", "--jobs", "1", "--cache", str(tmp_path / "c"), "pool.free", "--only"]
    context = prove.make_context("prove", words)
    assert isinstance(context, click.Context)
    assert given(context) == ["--jobs", "1", "--cache", str(tmp_path / "c"), "--only", "--verbose"]
