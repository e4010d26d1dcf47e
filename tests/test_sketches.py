"""Two heaps sketched with the ready parts: proved for every size and history, checked, and changed to see it fall."""

import shutil
from pathlib import Path

import pytest

from tests.projects import drystone, replaced

SKETCHES = Path(__file__).parent / "sketches"
LINES = {"bitmap": (73, 170, 42), "segments": (120, 233, 72)}
"""Of each: lines of code at most, of model and proof at most, theorems."""


@pytest.fixture
def sketch(tmp_path):
    """A copy of a sketch, by its name."""

    def copied(name):
        return Path(
            shutil.copytree(SKETCHES / name, tmp_path / name, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        )

    return copied


@pytest.mark.parametrize("name", LINES)
def test_a_sketch_is_short(name):
    code, specification, _ = LINES[name]
    lengths = {file.stem: len(file.read_text().splitlines()) for file in (SKETCHES / name / name).glob("*.py")}
    assert lengths["impl"] <= code
    assert lengths["model"] + lengths["proof"] <= specification


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_sketch_is_proved(sketch, name):
    count = LINES[name][2]
    assert f"{count} theorems: {count} PROVED" in drystone("prove", at=sketch(name))


@pytest.mark.parametrize("name", LINES)
def test_a_sketch_is_checked(sketch, name):
    assert f"CHECKED  {name}: " in drystone("check", "--steps", "200", at=sketch(name))


DEFECTS = [
    ("bitmap", "bits.word | (1 << number % 64)", "1 << number % 64", "bitmap.allocate.shown"),
    ("bitmap", "words = (count + 63) // 64", "words = count // 64 + 1", "bitmap.init.begins"),
    ("segments", "            self._absorb(node, following)", "            pass", "segments.free.stored_next"),
    ("segments", "Node(self.memory, following).prev = new.address", "pass", "segments.allocate.stored_prev"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "theorem"), DEFECTS)
def test_a_defect_of_a_sketch_is_refuted_with_a_run(sketch, name, old, new, theorem):
    place = sketch(name)
    replaced(place / name / "impl.py", old, new)
    said = drystone("prove", theorem, "--only", at=place, status=1)
    assert f"REFUTED {theorem}" in said
    assert "a run of the real allocator that breaks it" in said


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_mutants_of_a_sketch_are_killed(sketch, name):
    assert "killed 100.0%" in drystone("mutate", name, "--sample", "6", at=sketch(name))


TRACE = "m 0 100\nc 1 5000\nr 0 200\nf 1\nm 1 0\nr 1 7000\nf 1\nm 7 18\nm 8 40\nm 9 9\nf 8\nf 7\nf 9\nf 0\n"


def test_a_trace_is_replayed_where_operations_are_those_of_malloc(sketch):
    place = sketch("segments")
    (place / "program.trace").write_text(TRACE)
    said = drystone("replay", "program.trace", "--heap", "segments", at=place)
    assert "14 of 14 events" in said
    assert "0 violations" in said
    replaced(place / "segments" / "impl.py", "            self._absorb(node, following)", "            pass")
    said = drystone("replay", "program.trace", "--heap", "segments", at=place, status=1)
    assert "VIOLATED segments.free.stored_next" in said


def test_what_no_contract_promises_is_no_violation(sketch, tmp_path):
    drystone("new", "arena", "mine", at=tmp_path)
    for place, heap, told in (
        (
            tmp_path / "mine",
            "arena",
            "at event 4 of the trace: free raised InvalidFree",
        ),
        (sketch("bitmap"), "bitmap", "bitmap serves no trace: it has no allocate(size)"),
    ):
        (place / "program.trace").write_text(TRACE)
        said = drystone("replay", "program.trace", "--heap", heap, at=place, status=2)
        assert told in said
        assert "REFUTED" not in said


def test_the_c_is_not_run_where_calls_that_were_made_up_are_none_of_the_contract(sketch):
    said = drystone("export", "--check", "segments", at=sketch("segments"), status=2)
    assert "live/export.py, whose Beside makes others" in said
    assert "Traceback" not in said
