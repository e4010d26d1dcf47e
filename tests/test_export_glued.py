"""The exported C under ``drystone check --c``: what the heaps promise is looked for in it as in anybody's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from impl.words import VARIABLE
from proofs.c_check.campaign import Options, check
from proofs.c_check.compiler import BUILDS, Sources, builds_of_word, find_compiler
from proofs.export.glued import glued
from proofs.export.report import written
from proofs.export.unit import unit_of
from proofs.registry import Mistake
from tests.c_heaps import driver_object as _driver_object  # noqa: F401
from tests.exporting import needs_compiler

ROOT = Path(__file__).parent.parent
HEAPS = ("segment_heap", "block_heap", "bin_heap", "bucket_heap")
PLAIN = ("plain",)
pytestmark = [needs_compiler, pytest.mark.usefixtures("_driver_object")]


def looked_at(name, folder, builds, calls, old="", new=""):
    """What the check says of the exported C, in which a text is replaced."""
    unit = unit_of(name)
    written(unit, folder, lambda line: None)
    source = folder / f"{name}.c"
    assert old in unit.source
    source.write_text(unit.source.replace(old, new, 1))
    sources = Sources(glued(unit, folder), (source,))
    return check(sources, builds_of_word(builds), Options(calls=calls), find_compiler(), folder / "work")


@pytest.fixture(autouse=True)
def _work(tmp_path):
    (tmp_path / "work").mkdir()


@pytest.mark.parametrize("name", HEAPS)
def test_the_c_keeps_the_contract_of_a_heap(name, tmp_path):
    report = looked_at(name, tmp_path, PLAIN, 2000)
    assert report.verdict == "CHECKED"
    assert report.facts.flags["zero_is_null"] and report.facts.flags["all_comes_back"]


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAPS)
def test_the_c_keeps_the_contract_of_a_heap_in_every_build(name, tmp_path):
    report = looked_at(name, tmp_path, (), 10_000)
    assert {one.verdict for one in report.outcomes} <= {"CHECKED", "LEFT OUT"}
    assert report.verdict == "CHECKED"


DEFECTS = (
    ("segment_heap", "segment->size = size;", "segment->size = size + 64;"),
    ("block_heap", "index + 1 - count", "index + 2 - count"),
    ("bin_heap", "!= BIN_HEAP_MAGIC", "== BIN_HEAP_MAGIC"),
    ("bucket_heap", "view->live = (uint16_t)((uint64_t)view->live + 1);", ""),
)


@pytest.mark.parametrize(("name", "old", "new"), DEFECTS, ids=[one[0] for one in DEFECTS])
def test_a_fault_in_the_c_is_found(name, old, new, tmp_path):
    assert looked_at(name, tmp_path, PLAIN, 20_000, old, new).verdict == "REFUTED"


def test_the_frame_allocator_is_no_heap_and_has_no_glue(tmp_path):
    with pytest.raises(Mistake, match="frame_allocator has no glue for drystone check --c; these have: bin_heap, "):
        glued(unit_of("frame_allocator"), tmp_path)


# ---------------------------------------------------------------- words of 32 bits


def drystone(folder, *arguments):
    """The command, in a process that begins with words of 64 bits."""
    environment = {**os.environ, VARIABLE: "64", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "proofs.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def narrow(name, folder):
    """Export a heap for words of 32 bits; the command that looks at it."""
    done = drystone(folder, "export", name, "--word", 32, "-o", ".", "--glue")
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[-1].removeprefix("look at it with drystone ")
    assert told == f"check --c {name}_glue.c {name}.c --word 32"
    return told.split()


def makes_32_bits(folder):
    """Whether the compiler here makes programs for 32 bits."""
    (folder / "probe.c").write_text("#include <string.h>\nint main(void) { return 0; }\n")
    command = ["cc", "-m32", "probe.c", "-o", "probe"]
    return (
        shutil.which("cc") is not None
        and subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAPS)
def test_the_c_of_32_bits_keeps_the_contract_of_a_heap(name, tmp_path):
    if not makes_32_bits(tmp_path):
        pytest.skip("the compiler here makes no programs for 32 bits: install gcc-multilib")
    done = drystone(tmp_path, *narrow(name, tmp_path), "--steps", 6000)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"CHECKED  {name}_glue.c, ubsan -m32: " in done.stdout


def test_the_c_of_32_bits_is_refused_where_addresses_have_64(tmp_path):
    command = narrow("block_heap", tmp_path)
    done = drystone(tmp_path, *command[:-2], "--build", "plain")
    assert done.returncode == 2
    assert "an address of this build is wider than a word of this heap" in done.stderr


def test_where_no_program_for_32_bits_can_be_made_nothing_is_said_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "cc -D__x86_64__only -Wl,--no-such-option")
    done = drystone(tmp_path, *narrow("block_heap", tmp_path), "--build", "plain")
    assert done.returncode == 3
    assert "LEFT OUT block_heap_glue.c, plain -m32: the compiler cannot make programs with -O0 -m32" in done.stdout


def test_each_build_is_one_of_32_bits_there():
    assert builds_of_word((), 64) == list(BUILDS)
    names = [(one.name, one.everywhere) for one in builds_of_word((), 32)]
    assert names == [(f"{name} -m32", ("-m32",)) for name in ("plain", "optimised", "ubsan", "asan")]
    assert [one.name for one in builds_of_word(("32 bits",), 32)] == ["32 bits"]
