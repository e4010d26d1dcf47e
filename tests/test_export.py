"""The exported C: no compiler warns, it does what the Python does, and a change of it is noticed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofs import registry
from proofs.export.beside.building import BUILDS, WARNINGS, build, compiler
from proofs.export.beside.checking import checked, counts_lines, covered, ran
from proofs.export.beside.mutants import Mutant, tried
from proofs.export.report import written
from proofs.export.unit import Unit, unit_of
from proofs.export_command import exportable
from tests.exporting import needs_compiler

ROOT = Path(__file__).parent.parent
EXAMPLE = Path(__file__).parent / "exported"
SUBJECTS = exportable()


class Units(dict[str, Unit]):
    """The C of each subject, made when it is asked for."""

    def __missing__(self, name: str) -> Unit:
        self[name] = unit_of(name)
        return self[name]


UNITS = Units()
pytestmark = needs_compiler


def test_the_frame_allocator_and_the_four_heaps_are_exported():
    assert sorted(SUBJECTS) == ["bin_heap", "block_heap", "bucket_heap", "frame_allocator", "segment_heap"]


# ---------------------------------------------------------------- the text


@pytest.mark.parametrize("name", ["segment_heap", "bucket_heap"])
def test_the_committed_example_is_what_the_translation_writes_now(name, tmp_path):
    written(UNITS[name], tmp_path, lambda line: None)
    for file in tmp_path.iterdir():
        assert (EXAMPLE / file.name).read_text() == file.read_text(), f"drystone export {name} -o tests/exported"


def test_the_page_shows_c_that_the_translation_writes_and_about_how_much_of_it():
    page = (ROOT / "proofs" / "export" / "EXPORT.md").read_text()
    shown = page.split("comes\n\n    /* Keep", 1)[1].split("\n    }\n", 1)[0]
    lines = [line.strip() for line in UNITS["segment_heap"].source.splitlines()]
    said = [line.strip() for line in shown.splitlines()[1:]]
    assert [line for line in said if line not in lines] == []
    for name in SUBJECTS:
        (row,) = re.findall(rf"^\| {name} \| ([\d,]+) \| ([\d,]+) \|", page.split("| lines of C |")[1], re.M)
        assert int(row[0].replace(",", "")) == pytest.approx(UNITS[name].source.count("\n"), rel=0.1)


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_compiler_warns(name, compiler, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    unit = UNITS[name]
    (tmp_path / f"{name}.h").write_text(unit.header)
    (tmp_path / f"{name}.c").write_text(unit.source)
    (tmp_path / "all.cpp").write_text(f'#include "{name}.h"\n')
    ways = [["-std=c99", "-O2", f"{name}.c"], ["-std=c99", "-ffreestanding", "-Os", f"{name}.c"]]
    (tmp_path / "empty.c").write_text("int x;\n")
    small = [compiler, "-m32", "-c", "-o", "out.o", "empty.c"]
    if subprocess.run(small, cwd=tmp_path, capture_output=True, check=False).returncode == 0:
        ways[1].insert(0, "-m32")
    plus = {"gcc": "g++", "clang": "clang++"}[compiler]
    ways += [["-std=c++11", "all.cpp"]] if shutil.which(plus) else []
    for flags in ways:
        command = [plus if flags[-1].endswith("cpp") else compiler, *WARNINGS, *flags, "-c", "-o", "out.o"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SUBJECTS)
def test_names_seen_outside_have_one_prefix_and_nothing_is_called_but_hooks_and_two_of_the_library(name, tmp_path):
    built = build(UNITS[name], "fast", folder=tmp_path)
    done = subprocess.run(["nm", f"{name}.o"], cwd=built.folder, capture_output=True, text=True, check=True)
    symbols = [line.split()[-2:] for line in done.stdout.splitlines()]
    defined = [symbol for kind, symbol in symbols if kind.isupper() and kind != "U"]
    assert defined and all(symbol.startswith(f"{name}_") for symbol in defined)
    wanted = {symbol for kind, symbol in symbols if kind == "U"} - {"memset", "memcpy", "_GLOBAL_OFFSET_TABLE_"}
    assert all(symbol.startswith(f"{name}_") for symbol in wanted)


def test_the_proved_bound_stands_in_the_comment_of_each_operation():
    for name, operation in (("segment_heap", "free"), ("bin_heap", "malloc"), ("bucket_heap", "alloc")):
        contract = registry.public_of(name).operation(operation)
        (sentence,) = [one.sentence for one in contract.ensures if one.name.endswith("_cost")]
        comment = UNITS[name].header.split(f"{name}_{operation}(")[-2].rsplit("/*", maxsplit=1)[-1]
        assert f"Proved: {sentence}." in " ".join(comment.replace("\n *", " ").split())


def test_ghosts_are_not_there():
    for unit in UNITS.values():
        code = "\n".join(line for line in unit.source.splitlines() if not line.lstrip().startswith(("*", "/*")))
        for word in ("claim", "release(", "hold", "advance", "retired", "loop"):
            assert f"_{word}" not in code.replace("release_lock", "").replace("check_held", ""), (unit.prefix, word)


def test_nothing_is_marked_as_unread_that_is_returned_and_no_status_is_looked_at_to_return_what_it_is():
    for unit in UNITS.values():
        assert not re.search(r"\(void\)(\w+);\n\s*return \1;", unit.source), unit.prefix
        assert not re.search(r"(\w+) != (\w+_OK)\) \{\s*return \1;\s*\}\s*return \2;", unit.source), unit.prefix
    assert "return pending;\n}" in UNITS["bin_heap"].source


# ---------------------------------------------------------------- beside the Python


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_c_does_what_the_python_does(name):
    found = checked(UNITS[name], "sanitized", 1000, seed=1)
    assert found.difference == ""
    assert found.steps >= 1000
    assert set(found.called) == {one.function.name for one in UNITS[name].public}


LONG = int(os.environ.get("DRYSTONE_EXPORT_STEPS", "10000"))
"""Calls of a long history: a million takes some minutes a heap and build, so CI makes fewer."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_c_does_what_the_python_does_for_long(name):
    for build_, seed in (("sanitized", 2), ("fast", 3)):
        assert checked(UNITS[name], build_, LONG, seed).difference == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBJECTS)
def test_nearly_every_line_of_the_c_is_executed(name):
    if not counts_lines():
        pytest.skip("gcov is not installed, or the compiler is clang")
    built = build(UNITS[name], "coverage")
    assert ran(UNITS[name], built, "coverage", 4000, seed=0).difference == ""
    executed, lines, missed = covered(UNITS[name], built)
    checks = sum(
        line.split(": ")[1].startswith(("return status", "pending =", "goto", "return pending")) for line in missed
    )
    assert executed + checks >= 0.97 * lines, missed


def test_a_trace_is_played_on_both_sides(tmp_path):
    trace = tmp_path / "small.trace"
    lines = [f"m {n} {n * 37 % 900 + 1}" for n in range(120)] + [f"r {n} {n * 53 % 1500 + 1}" for n in range(0, 120, 3)]
    trace.write_text(
        "\n".join([*lines, *(f"f {n}" for n in range(0, 120, 2)), *(f"c {n} 77" for n in range(200, 230))])
    )
    for name in ("segment_heap", "bin_heap"):
        found = checked(UNITS[name], "fast", 1000, trace=str(trace))
        assert (found.difference, found.events, found.refused) == ("", 250, 0)


# ---------------------------------------------------------------- what is wrong is noticed


DEFECTS = (
    ("segment_heap", "absorbed->magic = 0;", "absorbed->magic = 1;"),
    ("segment_heap", "segment->next = segment_heap_address(rest);", "segment->prev = segment_heap_address(rest);"),
    ("block_heap", "index + 1 - count", "index + 2 - count"),
    ("bin_heap", "(BIN_HEAP_WORD_BITS - 1 - index", "(BIN_HEAP_WORD_BITS - 2 - index"),
    ("bucket_heap", "while (following != 0 && following < page)", "while (following != 0 && following > page)"),
    ("frame_allocator", "return index ^ (UINT64_C(1) << order);", "return index | (UINT64_C(1) << order);"),
)


@pytest.mark.parametrize(("name", "old", "new"), DEFECTS, ids=[f"{one[0]}: {one[2]}" for one in DEFECTS])
def test_a_changed_token_of_the_c_is_noticed(name, old, new):
    source = UNITS[name].source
    assert source.count(old) >= 1
    assert tried(UNITS[name], Mutant(0, new, new, source.replace(old, new, 1)), 1500)


# ---------------------------------------------------------------- the command


def test_the_command_writes_both_files_and_tells_their_lines(run, tmp_path):
    status, out, err = run("export", "block_heap", "-o", "out")
    assert (status, err) == (0, "")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "block_heap.c",
        "block_heap.h",
        "block_heap_documented.h",
    }
    assert out.splitlines()[0].startswith("out/block_heap.h: ")


def test_the_command_compares_and_ends_0_where_nothing_differs(run):
    status, out, _ = run("export", "block_heap", "--check", "--steps", "300")
    assert status == 0
    assert "block_heap (sanitized): equal, " in out
    assert "lines of the C executed" in out


def test_the_command_refuses_what_is_no_program_in_memory(run):
    for name, words in (
        ("address_space", "state outside memory"),
        ("stack", "state outside memory"),
        ("heap", "no subject"),
    ):
        status, out, err = run("export", name, "-o", "out")
        assert (status, out) == (2, "")
        assert words in err


def test_a_subject_outside_the_tree_is_exported_and_compared(tmp_path):
    environment = {**os.environ, "DRYSTONE_PATH": str(ROOT / "tests/tickets")}
    command = [
        sys.executable,
        "-m",
        "proofs.cli",
        "export",
        "tickets",
        "-o",
        str(tmp_path),
        "--check",
        "--steps",
        "200",
    ]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "tickets (fast): equal, " in done.stdout
    assert "uint64_t tickets_take(struct tickets *tickets);" in (tmp_path / "tickets.h").read_text()


# ---------------------------------------------------------------- programs at random


def on_random_programs(first: int, last: int, kind: str) -> dict:
    """What came of random programs of the language, run in a process of their own."""
    assert kind in BUILDS
    command = [sys.executable, "-m", "tests.programs.exported", str(first), str(last), kind]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_random_programs_do_in_c_what_they_do_in_cpython():
    found = on_random_programs(0, 12, "sanitized")
    assert found["differences"] == []
    assert sum(found["refused"].values()) <= 2
    assert found["ends"].keys() >= {"returned", "ValueError", "DoubleFree"}


@pytest.mark.slow
def test_many_random_programs_do_in_c_what_they_do_in_cpython():
    found = on_random_programs(2000, 2080, "fast")
    assert found["differences"] == []
    assert found["ends"].keys() >= {"returned", "ValueError", "InvalidFree", "DoubleFree", "ZeroDivisionError"}


# ---------------------------------------------------------------- the documented names, and speed


MAIN = """\
#define BIN_HEAP_PREFIX k
#include "{name}_documented.h"
#include <assert.h>
#include <string.h>
static _Alignas(65536) unsigned char arena[4 << 20];
static uint64_t mapped;
bool {name}_map(uint64_t a, uint64_t n) {{ memset((void *)(uintptr_t)a, 0, n * 4096); return true; }}
uint64_t {name}_find_place(uint64_t n) {{ mapped += n * 4096; return (uint64_t)(uintptr_t)arena + mapped - n * 4096; }}
void {name}_unmap(uint64_t a, uint64_t n) {{ (void)a; (void)n; }}
bool {name}_is_mapped(uint64_t a, uint64_t n) {{ return n == 0 || (a >= 4096 && a + n > a); }}
void {name}_log(const char *m, size_t n, const uint64_t *v) {{ (void)m; (void)n; (void)v; }}
{body}
"""
USES = {
    "segment_heap": "int main(void) { heap_T h; heap_init(&h, arena); char *p = heap_memory_allocate(&h, 100);"
    " assert(p != NULL); memset(p, 1, 100); heap_memory_free(&h, p); assert(heap_memory_allocate(&h, 100) == p);"
    " heap_destruct(&h); assert(heap_memory_allocate(&h, 1) == NULL); return 0; }",
    "block_heap": "struct kernel_heaps kernel_heaps; int main(void) { struct heap h; struct heap_table t;"
    " t.table.entries = (uint64_t)(uintptr_t)arena; t.table.total = 16; h.heap.table = 0;"
    " assert(heap_create(&h, arena + 4096, arena + 17 * 4096, &t) == 0); void *p = heap_malloc(&h, 5000);"
    " assert(p == arena + 4096); heap_free(&h, p); heap_free(&h, p); assert(heap_malloc(&h, 1) == p); return 0; }",
    "bin_heap": "union bin_heap_space bin_heap_space; int main(void) { _heap_init(); char *p = kcalloc(10, 10);"
    " assert(p != NULL && p[99] == 0); p[0] = 7; p = krealloc(p, 9000); assert(p[0] == 7); kfree(p); kfree(p);"
    " return kmalloc(0) != NULL; }",
    "bucket_heap": "static int seen; static void flush(xnheap_t *h, void *a, unsigned long n, void *c)"
    " { (void)h; (void)a; (void)n; (void)c; seen++; } int main(void) { static xnheap_t h;"
    " assert(xnheap_init(&h, arena, 65536, 512) == 0 && xnheap_extend(&h, arena + 65536, 65536) == 0);"
    " void *p = xnheap_alloc(&h, 100); assert(p != NULL && xnheap_free(&h, p) == 0 && xnheap_free(&h, p) == -22);"
    " assert(xnheap_destroy(&h, flush, NULL) == 0 && seen == 2); return 0; }",
    "frame_allocator": "static bool low(void *u, uint64_t n, memory_area_t *r)"
    " { (void)u; r->base = 0; r->size = 8192; return n == 0; } int main(void) { memory_area_t a = {0, 1 << 20}, f;"
    " memory_region_t h; assert(pmallocator_get_header(a, low, NULL, &h.area) == ERR_NONE && h.area.base == 8192);"
    " h.mapped = arena; assert(pmallocator_init_region(a, h, low, NULL) == ERR_NONE);"
    " assert(pmallocator_allocate(3, h, &f) == ERR_NONE && f.size == 32768 && f.base % 32768 == 0);"
    " assert(pmallocator_free(f, h) == ERR_NONE && pmallocator_free(f, h) == ERR_NOT_VALID);"
    " assert(pmallocator_allocate(19, h, &f) == ERR_NOT_VALID); return 0; }",
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_functions_under_their_documented_names_do_what_they_say(name, tmp_path):
    written(UNITS[name], tmp_path, lambda line: None)
    (tmp_path / "main.c").write_text(MAIN.format(name=name, body=USES[name]))
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic", "-fsanitize=undefined"]
    trap = ["-fsanitize-undefined-trap-on-error", "-o", "main", "main.c", f"{name}.c"]
    for command in ([compiler(), *flags, *trap], ["./main"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_speed_of_a_trace_is_told_as_a_multiple_of_the_library(run, tmp_path):
    trace = tmp_path / "small.trace"
    trace.write_text("".join(f"m {n} {n % 500 + 1}\nf {n}\n" for n in range(500)))
    status, out, _ = run("export", "bin_heap", "--speed", "--trace", trace)
    assert status == 0
    assert "times the C library's" in out and "bytes of text at -Os" in out
