"""The project that `drystone new` writes is proved as it stands, and whatever is wrong in it is told in one message."""

import sys

import pytest

from proofs import project
from proofs.project import BadProject
from proofs.scaffold.writing import CannotBegin, new_project
from tests.projects import drystone, replaced

ROOM = "size > self.end - top"


@pytest.fixture
def pool(tmp_path):
    """A new project."""
    new_project("pool", tmp_path / "mine")
    return tmp_path / "mine"


def test_it_is_proved_as_it_stands_and_keeps_its_cache(pool):
    assert "29 theorems: 29 PROVED" in drystone("prove", at=pool)
    assert (pool / ".drystone" / "cache.sqlite").is_file()
    (pool / "elsewhere").mkdir()
    assert drystone("prove", at=pool / "elsewhere").count("cached") == 3
    replaced(pool / "pool" / "model.py", "t.cost <= 3", "t.cost <= 2")
    assert "REFUTED pool.free.free_cost" in drystone("prove", at=pool, status=1)


def test_nothing_is_needed_but_code_and_model(pool):
    (pool / "pool" / "proof.py").unlink()
    assert "29 theorems: 29 PROVED" in drystone("prove", at=pool)


def test_a_defect_is_refuted_with_a_run_that_was_made_up_for_it(pool):
    replaced(pool / "pool" / "impl.py", ROOM, f"{ROOM} + 1")
    said = drystone("prove", at=pool, status=1)
    assert "REFUTED pool.allocate.null_exactly" in said
    _, _, script = said.partition("a run of the real allocator that breaks it:\n")
    script = script.split("\n\nREFUTED")[0].split("\n  the heap")[0]
    (pool / "history.py").write_text("\n".join(line.removeprefix("    ") for line in script.splitlines()))
    said = drystone(at=pool, status=1, program=(sys.executable, "history.py"))
    assert "VIOLATED pool.allocate.null_exactly" in said


def test_an_exception_of_the_code_is_a_violation_at_its_line(pool):
    replaced(pool / "pool" / "impl.py", "return top\n", "return (top,)[size]\n")
    said = drystone("check", "--steps", "200", at=pool, status=1)
    assert "REFUTED  pool.allocate.raises_only" in said
    assert "impl.py:43: return (top,)[size]" in said


def test_an_error_of_a_module_is_told_with_its_line(pool):
    replaced(pool / "pool" / "model.py", "DESCRIPTOR = 24", "DESCRIPTOR = 24 // 0")
    for command in ("prove", "check", "list"):
        said = drystone(command, at=pool, status=2)
        assert said.count("\n") == 1
        assert "ZeroDivisionError" in said
        assert "pool/model.py:" in said


def test_an_end_to_which_random_calls_do_not_come_is_left_open_until_a_story_does(pool):
    code = (
        "if size == 12345:\n            self.top = top + 12345\n            return top\n        self.top = top + size"
    )
    replaced(pool / "pool" / "impl.py", "self.top = top + size", code)
    said = drystone("prove", at=pool, status=3)
    assert "UNKNOWN pool.allocate.reachable" in said
    assert "calls with random arguments did not come to an end of it" in said
    (pool / "pool" / "live").mkdir()
    story = 'def story(opening):\n    world = opening()\n    world.run("init", 4096, 40960)\n'
    (pool / "pool" / "live" / "story.py").write_text(f'{story}    world.run("allocate", 12345)\n')
    assert "29 theorems: 29 PROVED" in drystone("prove", at=pool)


@pytest.mark.parametrize("name", ["impl", "json", "Pool", "2nd", "a.b", "drystone", "class", "click"])
def test_a_name_that_means_something_else_begins_no_project(tmp_path, name):
    with pytest.raises(CannotBegin, match=name):
        new_project(name, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_nothing_is_written_over(pool):
    with pytest.raises(CannotBegin, match="is there already"):
        new_project("pool", pool)
    assert len(new_project("other", pool / "other")) == 9


BAD = {
    "subject = ['pool']": "no key 'subject'",
    "": "say the packages",
    "subjects = []": "say the packages",
    "subjects = 'pool'": "say the packages",
    "subjects = ['Pool']": "no name of a package",
    "subjects = ['impl']": "choose another",
    "subjects = ['other']": "there is no",
    "subjects = ['pool']\npath = 'src'": "path is no folder",
    "subjects = ['pool', 'pool']": "two subjects",
}


@pytest.mark.parametrize("table", BAD)
def test_a_table_that_says_what_cannot_be_is_refused(pool, monkeypatch, table):
    (pool / "pyproject.toml").write_text(f"[tool.drystone]\n{table}\n")
    monkeypatch.setenv(project.PATH, str(pool))
    with pytest.raises(BadProject, match=BAD[table]):
        project.projects.__wrapped__()


def test_theorems_and_checks_are_items_of_pytest(pool):
    replaced(pool / "pool" / "impl.py", ROOM, f"{ROOM} + 1")
    options = ("-q", "-p", "no:cacheprovider", "-k", "null_exactly or free_cost or blocks_lie")
    said = drystone(*options, at=pool, status=1, program=(sys.executable, "-m", "pytest"))
    assert "FAILED drystone::pool.allocate.null_exactly - REFUTED pool.allocate.null_exactly" in said
    assert "world.run('allocate', " in said
    assert "1 failed, 2 passed" in said


ASKING = """\
from drystone.proofs.api import Mistake, check, prove, theorems
ids = [name for name, sentence in theorems("pool.free")]
results = prove("pool.free")
assert all(results) and set(ids) < {result.id for result in results}
(checked,) = check("pool", steps=100)
assert checked and checked.verdict == "CHECKED", checked
try:
    prove("pol")
except Mistake as mistake:
    print(mistake)
"""


def test_a_program_may_ask_the_same(pool):
    (pool / "asking.py").write_text(ASKING)
    said = drystone("asking.py", at=pool, program=(sys.executable,))
    assert said.startswith("no subject is called 'pol'")


def test_claims_are_those_of_the_project_and_its_tests(pool):
    replaced(pool / "pool" / "model.py", '@clause("NULL exactly for size 0, or if there is no room")', OF_ROOM)
    text = (pool / "pool" / "model.py").read_text().rstrip().removesuffix(")")
    (pool / "pool" / "model.py").write_text(f'{text}    {{"POOL-1": "it says when it is full", "POOL-2": "no"}},\n)\n')
    said = drystone("claims", at=pool, status=1)
    assert "pool.allocate.null_exactly" in said
    assert "drystone: POOL-2: no theorem: no" in said
    assert "SEG-1" not in said


OF_ROOM = '@clause("NULL exactly for size 0, or if there is no room", covers="POOL-1")'


HELPER = "def room(top: int, end: int) -> int:\n    return end - top{}\n"


def test_what_the_code_imports_from_its_own_package_is_proved_with_it(pool):
    replaced(pool / "pool" / "impl.py", ROOM, "size > room(top, self.end)")
    replaced(pool / "pool" / "impl.py", "NULL = 0", "from pool.sizes import room\n\nNULL = 0")
    (pool / "pool" / "sizes.py").write_text(HELPER.format(""))
    assert "29 theorems: 29 PROVED" in drystone("prove", at=pool)
    (pool / "pool" / "sizes.py").write_text(HELPER.format(" + 1"))
    assert "REFUTED pool.allocate.null_exactly" in drystone("prove", at=pool, status=1)


def test_places_are_named_in_the_file_that_stands_for_the_code(pool):
    text = (pool / "pool" / "impl.py").read_text()
    (pool / "broken.py").write_text(text.replace("return top\n", "return top + 1\n"))
    prove = ("prove", "pool.allocate", "--only", "--source", "broken.py")
    said = drystone(*prove, at=pool, status=1)
    assert "broken.py:40 in allocate: if size == 0 or size > self.end - top:" in said
    assert "impl.py" not in said
    assert "::error file=broken.py,line=4" in drystone(*prove, "--format", "github", at=pool, status=1)
    check = ("check", "--steps", "100", "--source", "broken.py", "--format", "github")
    begins = text.splitlines().index("    def allocate(self, size: int) -> int:") + 1
    assert f"::error file=broken.py,line={begins}," in drystone(*check, at=pool, status=1)


def test_evidence_is_of_the_project_alone(pool):
    said = drystone("gallery", at=pool) + drystone("audit", at=pool)
    assert "0 known defects" in said
    assert "pool.init" in said
    assert "segment_heap." not in said
