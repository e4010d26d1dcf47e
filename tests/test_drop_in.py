"""The exported heaps as malloc of whole programs: one of our own that asks for everything, and three real ones.

The real ones do ordinary work, a long script each (tests/long/), and Python runs a part of its own test suite.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.export.beside.building import compiler
from proofs.export.drop_in import NO_BUILTINS, SOURCES, library
from proofs.export.report import written
from proofs.export.unit import unit_of
from proofs.registry import Mistake
from tests.exporting import needs_compiler

HEAPS = ["bin_heap", "bucket_heap"]
SCRIPTS = {
    "python3": """
import json, re
rows = [{"number": n, "text": "x" * (n % 300), "parts": [str(k) for k in range(n % 7)]} for n in range(4000)]
for _ in range(3):
    rows = json.loads(json.dumps(rows))
print(len(rows), sum(len(row["text"]) for row in rows), len(re.findall("x+", json.dumps(rows))))
big = [bytearray(1 << n) for n in range(8, 24)]
print(sum(map(len, big)), max(map(len, (b * 2 for b in big))))
""",
    "perl": """
my %words;
for my $n (1 .. 20000) { $words{$n * 7919 % 10007} .= "w$n " x ($n % 5); delete $words{$n % 997} if $n % 3 == 0; }
my $all = join ",", map { "$_=$words{$_}" } sort { $a <=> $b } keys %words;
my $count = () = $all =~ /w\\d+/g;
print length($all), " $count\\n";
""",
    "sqlite3": """
create table t(a integer primary key, b text, c integer);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 20000)
insert into t select x, hex(x * 7919) || substr('abcdefghij', 1, x % 10), x * 31 % 1009 from n;
create index i on t(c, b);
update t set b = b || b where c % 3 = 0;
delete from t where a % 5 = 0;
select count(*), sum(length(b)), count(distinct c) from t;
select group_concat(b, '-') from (select b from t order by c, b limit 20);
""",
}
"""Ordinary work, and what each program is told it by: its standard input."""
LONG = {"python3": "long.py", "perl": "long.pl", "sqlite3": "long.sql"}
"""Long scripts, in tests/long/."""
OWN_TESTS = ["json", "re", "dict", "list", "set", "bytes", "heapq", "deque", "array", "struct", "zlib", "gc", "csv"]
"""Of Python's own test suite: what moves much memory, and takes seconds."""

pytestmark = [pytest.mark.slow, needs_compiler]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("drop_in")


@pytest.fixture(scope="module")
def libraries(folder):
    return {name: _library(name, folder / name) for name in HEAPS}


def _library(name: str, place: Path) -> Path:
    unit = unit_of(name)
    written(unit, place, lambda line: None)
    return library(unit, place)


@pytest.fixture(scope="module")
def program(folder):
    """drop_in.c, built."""
    built = folder / "asks"
    source = Path(__file__).with_name("drop_in.c")
    subprocess.run([compiler(), "-std=gnu11", "-O1", "-fno-builtin", "-pthread", "-o", built, source], check=True)
    return built


def _on(built: Path | None, command: list[str], told: str = "") -> subprocess.CompletedProcess[str]:
    preloaded = {"LD_PRELOAD": str(built)} if built else {}
    environment = os.environ | preloaded | {"PYTHONMALLOC": "malloc"}
    return subprocess.run(
        command, env=environment, input=told, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("name", HEAPS)
def test_blocks_keep_their_bytes_in_threads_and_after_a_fork_and_every_promise_of_the_library_holds(
    name, libraries, program
):
    done = _on(libraries[name], [str(program)])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", HEAPS)
@pytest.mark.parametrize("mistake", ["twice", "inside"])
def test_a_program_that_frees_what_is_no_live_block_is_ended_with_one_line(name, mistake, libraries, program):
    done = _on(libraries[name], [str(program), mistake])
    assert done.returncode < 0
    assert done.stderr == "drystone malloc: free of what is no live block\n"


@pytest.mark.parametrize("name", HEAPS)
@pytest.mark.parametrize("real", sorted(SCRIPTS))
def test_a_real_program_does_its_ordinary_work_on_it(name, real, libraries):
    _says_the_same(libraries[name], real, SCRIPTS[real])


@pytest.mark.parametrize("name", HEAPS)
@pytest.mark.parametrize("real", sorted(LONG))
def test_a_real_program_does_a_long_piece_of_work_on_it(name, real, libraries):
    said = _says_the_same(libraries[name], real, (Path(__file__).parent / "long" / LONG[real]).read_text())
    assert said.count("\n") >= 18


def _says_the_same(built: Path, real: str, told: str) -> str:
    """What a program prints that is told to do something: on the library's malloc, and the same on the heap."""
    found = sys.executable if real == "python3" else shutil.which(real)
    if found is None:
        pytest.skip(f"{real} is not installed")
    command = [found, "-"] if real != "sqlite3" else [found, "-bail"]
    alone, on_it = _on(None, command, told), _on(built, command, told)
    assert (alone.returncode, alone.stderr) == (0, "") and len(alone.stdout) > 10
    assert (on_it.returncode, on_it.stdout, on_it.stderr) == (0, alone.stdout, "")
    return alone.stdout


@pytest.mark.parametrize("name", HEAPS)
def test_python_passes_its_own_tests_on_it(name, libraries, tmp_path):
    if importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_json") is None:
        pytest.skip("this Python came without its test suite")
    command = [sys.executable, "-m", "test", "--tempdir", str(tmp_path), *(f"test_{one}" for one in OWN_TESTS)]
    done = _on(libraries[name], command)
    assert done.returncode == 0 and "cannot be preloaded" not in done.stderr, done.stdout[-2000:] + done.stderr
    assert "Result: SUCCESS" in done.stdout or "Tests result: SUCCESS" in done.stdout


EDITS = {
    "zeros": ("memset((void *)(uintptr_t)got, 0, whole);", ";"),
    "alignment": ("uint64_t address = (block + alignment - 1) / alignment * alignment;", "uint64_t address = block;"),
    "moved_bytes": ("had < size ? had : size);\n        give", "had < size ? 0 : size);\n        give"),
    "place": ("mark_pages((address - arena) / PAGE, pages, true);", "mark_pages((address - arena) / PAGE, 1, true);"),
    "errno": ("        errno = before;", "        errno = before + 1;"),
    "probing": ("*special_at(specials, special_room, moved.address) = moved;", ";"),
}
"""What is changed in malloc.c; the program that asks for everything notices each."""


@pytest.mark.parametrize("edit", sorted(EDITS))
def test_a_defect_of_the_machine_under_the_heap_is_noticed(edit, folder, libraries, program):
    was, now = EDITS[edit]
    source = (SOURCES / "malloc.c").read_text()
    assert source.count(was) == 1
    broken, home = folder / f"{edit}.c", libraries["bin_heap"].parent
    broken.write_text(source.replace(was, now))
    built = folder / f"{edit}.so"
    flags = ["-std=gnu11", "-O2", "-w", "-fPIC", "-shared", "-pthread", f"-I{home}", *NO_BUILTINS]
    subprocess.run([compiler(), *flags, '-DHEAP="bin_heap_malloc.h"', "-o", built, broken], check=True)
    assert _on(built, [str(program)]).returncode != 0


def test_a_subject_that_serves_no_program_is_refused(tmp_path):
    with pytest.raises(Mistake, match="frame_allocator does not serve as malloc; these do: bin_heap, bucket_heap"):
        library(unit_of("frame_allocator"), tmp_path)
