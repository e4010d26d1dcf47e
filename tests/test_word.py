"""Words of 32 bits: the same text laid out, run, proved and exported for another machine; 64 bits stay what they were.

A process has one word, so each of these runs in a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from impl.words import VARIABLE
from proofs.word import NARROW, asked
from tests.exporting import needs_compiler

ROOT = Path(__file__).parent.parent
STRUCTS = """
import json
from impl import heaps
structs = [getattr(heaps, name) for name in heaps.__all__ if hasattr(getattr(heaps, name), "FIELDS")]
print(json.dumps({s.__name__: [s.SIZE, *(f.offset for f in s.FIELDS)] for s in structs if s.FIELDS}))
"""
LAWS = """
from impl import reach, words
from model.language import machine, words as model
assert words.WORD_BITS == model.WORD_BITS == 32 and words.WORD_LIMIT == model.WORD_LIMIT == 2**32
assert reach.LOW_END == machine.CANONICAL_END == machine.HALF == 2**32 - 4096
assert (reach.PLACE_BASE, reach.PLACE_END) == (machine.PLACE_BASE, machine.PLACE_END)
assert reach.PHYSICAL_LIMIT == model.PHYSICAL_LIMIT == 2**32 - 4096
"""


def run(*arguments, word="32", cwd=ROOT):
    """Python with these arguments, in a process with that word."""
    environment = {**os.environ, VARIABLE: word}
    return called([sys.executable, *arguments], cwd=cwd, env=environment, text=True)


def called(command, **how):
    """What a program says, and how it ends."""
    return subprocess.run(command, check=False, capture_output=True, **how)


def drystone(*arguments):
    """The command, in a process that begins with words of 64 bits."""
    return run("-m", "proofs.cli", *map(str, arguments), word="64")


def verdict(theorem, *arguments):
    """What the prover says of a theorem, without what it rests on, with nothing remembered; and of which word."""
    done = drystone("prove", theorem, *arguments, "--only", "--no-cache", "--jobs", 1, "--format", "json")
    report = json.loads(done.stdout)
    return report["word"], next(one["verdict"] for one in report["theorems"] if one["id"] == theorem)


# ---------------------------------------------------------------- the layout


def test_headers_are_laid_out_by_the_word():
    narrow, wide = (json.loads(run("-c", STRUCTS, word=word).stdout) for word in ("32", "64"))
    assert narrow["Segment"] == [32, 0, 4, 8, 12, 16]
    assert wide["Segment"] == [48, 0, 8, 16, 24, 32]
    assert narrow["BlockHeader"] == [12, 0, 4, 8]
    assert narrow["Page"] == [20, 0, 2, 4, 8, 12, 16]
    assert narrow["FrameRecord"] == wide["FrameRecord"] == [12, 0, 4, 8, 9]
    assert narrow["Entry"] == wide["Entry"] == [8, 0], "page tables are those of x86-64"


def test_code_and_specification_have_the_same_word_and_the_same_reach():
    done = run("-c", LAWS)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_word_that_no_machine_here_has_is_told():
    done = run("-c", "import impl.words", word="16")
    assert "DRYSTONE_WORD is '16': a machine word has 64 bits, or 32" in done.stderr
    done = drystone("prove", "block_heap", "--word", "16")
    assert (done.returncode, "'16' is not one of" in done.stderr) == (2, True)


def test_the_word_is_read_off_the_arguments():
    assert asked(["prove", "--word", "32", "block_heap"]) == "32"
    assert asked(["prove", "--word=64"]) == "64"
    assert asked(["prove", "--", "--word", "32"]) == asked(["prove"]) == asked(["--word"]) == ""


# ---------------------------------------------------------------- proofs


def test_a_theorem_is_proved_at_32_bits_and_the_report_says_so():
    done = drystone("prove", "block_heap.memset", "--word", 32, "--no-cache", "--jobs", 1)
    assert done.returncode == 0, done.stdout
    assert NARROW in " ".join(done.stdout.split())
    assert "PROVED    block_heap.memset" in done.stdout


@pytest.mark.parametrize("name", ["address_space", "virtual_memory", "stack"])
def test_what_is_x86_64s_is_refused_at_32_bits(name):
    done = drystone("prove", name, "--word", 32)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{name} has words of 64 bits only" in done.stderr


DEFECTS = {
    "a bound that is right at 64 bits only, so that size and rounding wrap": (
        "segment_heap",
        "allocate",
        "LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE_SIZE",
        "LARGEST_REQUEST = 2**64 - 2 * PAGE_SIZE",
        "machine_width",
    ),
    "a shift by 32, which C leaves undefined at 32 bits": (
        "block_heap",
        "memset",
        "memory.fill(target, size, byte & 0xFF)",
        "memory.fill(target, size, (byte - (byte >> 32 << 32)) & 0xFF)",
        "machine_width",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_of_32_bits_is_refuted_there_and_proved_at_64(defect, tmp_path):
    subject, operation, before, after, theorem = DEFECTS[defect]
    text = (ROOT / "impl" / f"{subject}.py").read_text()
    assert before in text
    source = tmp_path / f"{subject}.py"
    source.write_text(text.replace(before, after))
    name = f"{subject}.{operation}.{theorem}"
    assert verdict(name, "--word", 32, "--source", source) == (32, "REFUTED")
    assert verdict(name, "--word", 64, "--source", source) == (64, "PROVED IF"), (
        "if the tables below keep their contract"
    )


def test_the_laws_of_bits_hold_of_words_of_32_bits():
    files = ["tests/test_bits.py", "tests/test_masks.py"]
    done = run("-m", "pytest", *files, "-n", "0", "-k", "law or definition", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "passed" in done.stdout


# ---------------------------------------------------------------- runs


@pytest.mark.parametrize("name", ["segment_heap", "block_heap"])
def test_random_histories_break_no_clause_at_32_bits(name):
    done = drystone("check", name, "--word", 32, "--steps", 60)
    assert done.returncode == 0, done.stdout[-2000:]


# ---------------------------------------------------------------- the export


@needs_compiler
@pytest.mark.parametrize("name", ["segment_heap", "block_heap", "bin_heap", "bucket_heap", "frame_allocator"])
def test_the_c_of_32_bits_knows_no_wider_word_and_compiles_without_a_warning(name, tmp_path):
    done = drystone("export", name, "--word", 32, "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    for file in tmp_path.iterdir():
        assert "64_t" not in file.read_text() and "UINT64" not in file.read_text()
    compiles(tmp_path / f"{name}.c", "-m32")


def compiles(file, *flags):
    """The C compiles without a warning; skipped where the compiler makes nothing of that kind."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("there is no gcc here")
    probe = file.with_name("probe.c")
    probe.write_text("#include <stdint.h>\nuint32_t probe;\n")
    if called([gcc, *flags, "-ffreestanding", "-fsyntax-only", probe]).returncode:
        pytest.skip(f"gcc here makes nothing with {' '.join(flags)}")
    strict = ["-std=c99", "-ffreestanding", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-pedantic"]
    done = called([gcc, *flags, *strict, "-c", file, "-o", file.with_suffix(".o")])
    assert done.returncode == 0, done.stderr


@needs_compiler
@pytest.mark.parametrize("name", ["segment_heap", "bin_heap"])
def test_the_c_of_32_bits_does_what_the_python_does(name):
    done = drystone("export", name, "--word", 32, "--check", "--steps", 300)
    assert done.returncode == 0, done.stdout
    assert f"{name} (sanitized): equal" in done.stdout
