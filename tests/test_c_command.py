"""``drystone check --c``, ``new --c``, ``replay --c``: statuses, one clear line for a mistake, nothing left behind."""

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.c_heaps import FOLDER, SLOW_BY_TURNS, needs_compiler
from tests.c_heaps import driver_object as _driver_object  # noqa: F401

pytestmark = [needs_compiler, pytest.mark.usefixtures("_driver_object")]
ROOT = Path(__file__).parent.parent
QUICK = ("--build", "plain", "--steps", "3000", "--hang", "100")
NONE = "return NULL;"
HEAD = '#include "drystone.h"\n#include <stdlib.h>\n#include <stdio.h>\n#include <unistd.h>\n'
FREE = "void drystone_free(void *block, size_t size) { (void)block, (void)size; }\n"


def malloc(body: str) -> str:
    return f"{HEAD}void *drystone_malloc(size_t size) {{ {body} }}\n{FREE}"


def written(folder: Path, text: str) -> Path:
    file = folder / "glue.c"
    file.write_text(text)
    return file


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path, monkeypatch):
    """Temporary folders are made in the test's own; afterwards there is none, and no process of theirs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.glob("drystone-c-*"))
    assert not [line for line in processes() if str(tmp_path) in line]


def processes() -> list[str]:
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(file.read_bytes().decode(errors="replace"))
    return [line for line in lines if line.startswith(tempfile.gettempdir())]


MISTAKES = {
    "no such file": (None, "there is no such file"),
    "does not compile": (malloc("return none(size;"), "error:"),
    "does not link": (malloc("void *none(size_t); return none(size);"), "undefined reference to `none'"),
    "no free": (HEAD + "void *drystone_malloc(size_t size) { return NULL; }\n", "it defines no drystone_free"),
    "unknown function": (malloc(NONE) + "int drystone_go(void) { return 1; }\n", "no function drystone_go"),
    "unknown macro": ("#define DRYSTONE_ALIGMENT 8\n" + malloc(NONE), "no macro DRYSTONE_ALIGMENT"),
    "arenas of no size": ("#define DRYSTONE_LEAST_ARENA 0\n" + malloc(NONE), "the range is 1 to 2^30"),
    "an arena that is no memory": (
        malloc(NONE) + "void *drystone_arena(size_t *n) { *n = 4096; return (void *)0x123456000; }\n",
        "not all of that is memory",
    ),
    "a heap that ends before all": (
        malloc(NONE) + "__attribute__((constructor)) static void begin(void) { abort(); }\n",
        "ended by itself, with signal 6",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_clear_line_and_status_2(run, tmp_path, name):
    text, message = MISTAKES[name]
    glue = written(tmp_path, text) if text else tmp_path / "none.c"
    status, out, err = run("check", "--c", glue, *QUICK)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("drystone: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "--build", "plain"), "--build speaks of an allocator in C: name its glue with --c"),
        (("check", "segment_heap", "-D", "N=1"), "-D speaks of an allocator in C: name its glue with --c"),
        (("check", "--c", "glue.c", "glue.c"), "glue.c: it is named twice"),
        (("check", "--c", "glue.c", "-I", "nowhere"), "-I nowhere: there is no such folder"),
    ],
)
def test_what_nobody_can_mean_is_one_clear_line_and_status_2(run, tmp_path, words, message):
    written(tmp_path, malloc(NONE))
    status, out, err = run(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


ENDS = {
    "abort": ("if (size > 100) abort(); return NULL;", "SIGABRT"),
    "crash": ("return size > 100 ? *(void **)8 : NULL;", "SIGSEGV at address 0x8"),
    "recursion": ("return size > 100 ? drystone_malloc(size) + 1 : NULL;", "SIGSEGV"),
    "endless loop": ("while (size > 100) {} return NULL;", "does not come to an end"),
    "endless loop that prints": ('while (size > 100) printf("so on\\n"); return NULL;', "does not come to an end"),
    "waits": ("if (size > 100) pause(); return NULL;", "waits for something"),
    "exit": ("if (size > 100) exit(0); return NULL;", "ends the program, with status 0"),
    "leaves a child": ("if (size > 100) { if (!fork()) for (;;) pause(); abort(); } return NULL;", "SIGABRT"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_a_call_that_does_not_return_is_a_verdict_with_its_step(run, tmp_path, name):
    body, said = ENDS[name]
    status, out, err = run("check", "--c", written(tmp_path, malloc(body)), *QUICK)
    assert (status, err) == (1, "")
    assert "heap.returns" in out
    assert said in out
    assert "1. malloc(" in out and "does not return" in out
    (program,) = (tmp_path / ".drystone").glob("*.c")
    assert "it ended with status" in out and str(program.relative_to(tmp_path)) in out


def test_a_heap_that_grants_nothing_is_vacuous(run, tmp_path):
    status, out, _ = run("check", "--c", written(tmp_path, malloc(NONE)), *QUICK)
    assert status == 1
    assert out.startswith("VACUOUS")


def test_a_right_heap_is_checked_never_proved(run):
    status, out, err = run("check", "--c", FOLDER / "list.c", *QUICK)
    assert (status, err) == (0, "")
    assert out.startswith("CHECKED  list.c, plain: ")
    assert "PROVED" not in out
    assert "declared: alignment 16, zero_is_block, all_comes_back, reuses, first_fit" in out


def test_the_document_has_the_promised_keys_and_a_seed_determines_it(run):
    arguments = (
        "check",
        "--c",
        FOLDER / "list.c",
        "-D",
        "DEFECT_WRAPS",
        "--build",
        "plain",
        "--format",
        "json",
        "--seed",
        "4",
    )
    documents = [json.loads(run(*arguments)[1]) for _ in range(2)]
    for document in documents:
        (build,) = document["builds"]
        assert build.pop("seconds") >= 0
        assert (document["verdict"], build["verdict"]) == ("REFUTED", "REFUTED")
        assert {"build", "theorem", "sentence", "step", "how", "calls", "program", "program_status"} <= build.keys()
    assert documents[0] == documents[1]


def test_what_the_compiler_cannot_make_is_named_as_left_out(run, tmp_path, monkeypatch):
    compiler = tmp_path / "mycc"
    compiler.write_text('#!/bin/sh\nfor word; do case $word in -m32|-fsanitize=*) exit 1;; esac; done\nexec cc "$@"\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    status, out, _ = run("check", "--c", FOLDER / "units.c", "--steps", "2000", "--build", "plain", "--build", "asan")
    assert status == 0
    assert "LEFT OUT units.c, asan: the compiler cannot make programs with -O1 -fsanitize=address" in out
    assert run("check", "--c", FOLDER / "units.c", "--build", "asan")[0] == 3


def test_without_a_compiler_there_is_one_clear_line(run, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    status, _, err = run("check", "--c", FOLDER / "list.c")
    assert status == 2
    assert "there is no such command" in err


def test_a_history_of_a_million_calls_ends_in_a_verdict(run):
    """One history; each call is judged."""
    size = ("--steps", "1000000", "--length", "1000000", "--build", "optimised")
    status, out, _ = run("check", "--c", FOLDER / "small.c", *size)
    assert status == 0
    assert int(out.split(": ")[1].split()[0].replace(",", "")) >= 1_000_000


def test_a_check_that_is_told_to_end_leaves_nothing(tmp_path):
    glue = written(tmp_path, malloc(NONE))
    command = [
        sys.executable,
        "-m",
        "proofs.cli",
        "check",
        "--c",
        str(glue),
        "--build",
        "plain",
        "--steps",
        "100000000",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    running = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("drystone-c-*/plain/heap")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) != 0


# ---------------------------------------------------------------- new


def test_the_glue_to_begin_with_is_checked_as_it_stands(run, tmp_path):
    status, out, _ = run("new", "--c", tmp_path / "mine")
    assert status == 0
    assert "drystone check --c" in out
    assert run("check", "--c", tmp_path / "mine" / "glue.c", *QUICK)[0] == 0
    assert run("new", "--c", tmp_path / "mine")[0] == 2


# ---------------------------------------------------------------- replay


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "small.trace.gz"
    file.write_bytes(gzip.compress(b"m 0 100\nc 1 5000\nr 0 9000\nm 2 0\nf 1\nr 2 40\nf 0\n"))
    return file


@pytest.mark.parametrize("file", ["list.c", "units.c"])
def test_a_trace_is_replayed_beside_our_heaps(run, trace, file):
    """units.c has no calloc and no realloc."""
    status, out, err = run("replay", trace, "--c", FOLDER / file, "--heap", "segment_heap", "--format", "json")
    mine, ours = json.loads(out)
    assert (status, err) == (0, "")
    assert (mine["heap"], mine["events"], mine["refused"], mine["violations"]) == (file, 7, 0, [])
    assert mine["peak_live_bytes"] >= ours["peak_live_bytes"] == 14000
    assert mine["peak_used_bytes"] >= mine["peak_live_bytes"]


def test_a_violation_in_a_trace_is_told_with_its_event(run, trace):
    status, out, _ = run("replay", trace, "--c", FOLDER / "list.c", "-D", "DEFECT_CALLOC_DIRTY")
    assert status == 1
    assert "REFUTED  heap.is_zero, at event 2: a block from calloc is zero" in out


def test_a_replay_asks_again_where_only_a_clock_found_something(run, trace, tmp_path):
    (tmp_path / "glue.c").write_text(SLOW_BY_TURNS)
    assert run("replay", trace, "--c", tmp_path / "glue.c", "-D", "TIMES=1")[0] == 0
    status, out, _ = run("replay", trace, "--c", tmp_path / "glue.c", "-D", "TIMES=1", "-D", "ALWAYS")
    assert status == 1
    assert "heap.returns, at event 1" in out


def test_a_trace_needs_a_heap(run, trace):
    status, out, err = run("replay", trace)
    assert (status, out) == (2, "")
    assert "--heap" in err
