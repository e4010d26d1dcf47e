"""Every file in which a fault could make a false theorem PROVED says so; the audit ends 1 if one does not."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from proofs import audit, cli, kernel, prove_command, registry
from proofs.engine.runner import Options
from proofs.engine.verdict import Report, TheoremResult, Verdict
from proofs.kernel import ROOT, Unmarked, files, imports, marked, name_of, unmarked

KERNEL = [name_of(file, ROOT) for file in files()]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A copy of the sources."""
    folder = tmp_path_factory.mktemp("tree")
    for package in kernel.PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def tree(original, tmp_path):
    """A copy of the sources to be changed: ``tree(file, text, instead)`` replaces a text there."""
    shutil.copytree(original, tmp_path / "tree")

    def changed(file: str, text: str, instead: str) -> Path:
        place = tmp_path / "tree" / file
        before = place.read_text()
        assert text in before
        place.write_text(before.replace(text, instead, 1))
        return tmp_path / "tree"

    return changed


def audited(root: Path) -> subprocess.CompletedProcess[str]:
    """``drystone audit`` of a tree."""
    command = [sys.executable, "-m", "proofs.cli", "audit"]
    shutil.copytree(ROOT / "tests", root / "tests", ignore=shutil.ignore_patterns("__pycache__", "programs"))
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_no_file_is_unmarked():
    assert unmarked() == []


def test_the_prover_the_command_and_every_subject_are_of_the_kernel():
    subjects = [f"proofs/{name}/proof.py" for name in registry.SUBJECTS]
    command = [f"proofs/{name}.py" for name in ("cli", "prove_command", "proving", "report", "registry")]
    prover = [f"proofs/engine/{name}.py" for name in ("runner", "collect", "cache", "verdict", "contract", "values")]
    assert {*subjects, *command, *prover} <= set(KERNEL)


@pytest.mark.parametrize("name", KERNEL)
def test_without_its_mark_a_file_is_named(original, name):
    """Every mark is needed: a file whose mark is deleted is missed, and the ledger is not whole."""
    file = original / name
    text = file.read_text()
    file.write_text(text.replace("\nTRUSTED", "\nBelieved", 1))
    try:
        assert [one.file for one in unmarked(original)] == [name]
    finally:
        file.write_text(text)


def test_the_audit_ends_1_if_a_mark_is_deleted_and_0_if_none_is(tree):
    root = tree("proofs/engine/collect.py", "\nTRUSTED", "\nTRUSTED")
    assert audited(root).returncode == 0
    shutil.rmtree(root / "tests")
    result = audited(tree("proofs/engine/collect.py", "\nTRUSTED", "\nBelieved"))
    assert result.returncode == 1
    assert "UNMARKED proofs/engine/collect.py: the prover is made of it" in result.stdout
    assert "1 UNMARKED" in result.stdout.splitlines()[-1]


def test_a_ledger_with_an_unmarked_file_is_not_whole(tree):
    root = tree("proofs/report.py", "\nTRUSTED", "\nBelieved")
    assert audit.ledger().whole
    assert not audit.ledger(root).whole


STRAYS = {
    "at the head": "import proofs.checking.harness\n",
    "a name of a package": "from proofs.checking import harness\n",
    "a name of a module": "from proofs.checking.harness import Harness\n",
    "relative": "from ..checking import harness\n",
    "relative name": "from ..checking.harness import Harness\n",
    "in a function": "def f():\n    import proofs.checking.harness as h\n    return h\n",
    "in a class": "class C:\n    import proofs.checking.harness as h\n",
    "under a condition": "if True:\n    import proofs.checking.harness\n",
    "not for the type checker": "if TYPE_CHECKING:\n    pass\nelse:\n    import proofs.checking.harness\n",
}


@pytest.mark.parametrize("name", STRAYS)
def test_an_unmarked_file_that_the_kernel_imports_is_named(tree, name):
    root = tree("proofs/engine/opaque.py", "\nclass ", f"\n{STRAYS[name]}\n\nclass ")
    assert unmarked(root) == [Unmarked("proofs/checking/harness.py", "proofs/engine/opaque.py imports it")]


def test_an_import_for_the_type_checker_alone_executes_nothing(tree):
    root = tree("proofs/engine/opaque.py", "\nclass ", "\nif TYPE_CHECKING:\n    import proofs.gallery\n\n\nclass ")
    assert unmarked(root) == []


@pytest.mark.parametrize("other", ["impl.regions", "model.frame_allocator.state", "impl.virtual_memory", "tests.toys"])
def test_programs_statements_and_tests_are_imported_by_no_prover(tree, other):
    root = tree("proofs/engine/opaque.py", "\nclass ", f"\nimport {other}\n\n\nclass ")
    (root / "tests").mkdir()
    (root / "tests" / "toys.py").write_text("x = 1\n")
    name = f"{other.replace('.', '/')}.py"
    assert unmarked(root) == [Unmarked(name, "proofs/engine/opaque.py imports it")]


def test_a_new_file_of_the_prover_must_say_what_it_is(tree):
    root = tree("proofs/engine/opaque.py", "", "")
    (root / "proofs/engine/more").mkdir()
    for name in ("new.py", "more/__init__.py", "more/deep.py"):
        (root / "proofs/engine" / name).write_text('"""New."""\n\nx = 1\n')
    names = ["proofs/engine/more/__init__.py", "proofs/engine/more/deep.py", "proofs/engine/new.py"]
    assert [one.file for one in unmarked(root)] == names


def test_code_in_a_package_of_the_kernel_is_of_the_kernel(tree):
    (tree("proofs/engine/opaque.py", "", "") / "model/__init__.py").write_text("x = 1\n")
    (one,) = unmarked(tree("proofs/engine/opaque.py", "", ""))
    assert one.file == "model/__init__.py"


@pytest.mark.parametrize("line", ["importlib.import_module('proofs.gallery')", "__import__('proofs.gallery')"])
def test_the_kernel_loads_nothing_by_name_but_where_it_says_so(tree, line):
    root = tree("proofs/engine/opaque.py", "\nclass ", f"\nimport importlib\n\nx = {line}\n\n\nclass ")
    assert unmarked(root) == [Unmarked("proofs/engine/opaque.py", "it loads modules by their names")]


def test_no_excuse_holds_for_what_the_kernel_imports(tree):
    root = tree("proofs/engine/collect.py", "\nTRUSTED", "\nNOT TRUSTED")
    assert [one.file for one in unmarked(root)] == ["proofs/engine/collect.py"]


@pytest.mark.parametrize("name", ["proofs/cli.py", "proofs/stack/proof.py"])
def test_no_excuse_holds_for_the_command_and_for_what_binds_a_subject(tree, name):
    assert [one.file for one in unmarked(tree(name, "\nTRUSTED", "\nNOT TRUSTED"))] == [name]


def test_what_says_not_trusted_is_imported_by_no_file_of_the_kernel():
    excused = {file for file in (ROOT / "proofs").rglob("*.py") if kernel.excused(file)}
    names = {
        "candidate.py",
        "core.py",
        "recording.py",
        "slices.py",
        "helping.py",
        "explain.py",
        "measuring.py",
        "why.py",
        "recordlint.py",
        "second_solver.py",
        "cross_check.py",
        "disguise.py",
        "stability.py",
        "standing.py",
        "evidence.py",
        "seeking.py",
    }
    assert {file.name for file in excused} == names
    assert not [file for file in excused if marked(file)]
    for file in files():
        assert excused.isdisjoint(imports(file, ROOT))


# ---------------------------------------------------------------- evidence beside the proofs


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PROVED])
def test_no_evidence_makes_a_theorem_proved(monkeypatch, verdict):
    def bribed(names, report, options, cross_check, times):
        for theorem in report.theorems:
            theorem.verdict = Verdict.PROVED

    monkeypatch.setattr(registry, "loaded", lambda name: SimpleNamespace(more_evidence=bribed))
    report = Report([TheoremResult("toy.run.it", "toy", "run", "it is so", verdict)])
    prove_command.more_evidence(["toy"], report, Options(), True, 0)
    assert report.verdict is verdict


def test_evidence_may_take_proved_away(monkeypatch):
    def doubtful(names, report, options, cross_check, times):
        report.theorems[0].verdict = Verdict.ERROR

    monkeypatch.setattr(registry, "loaded", lambda name: SimpleNamespace(more_evidence=doubtful))
    report = Report([TheoremResult("toy.run.it", "toy", "run", "it is so", Verdict.PROVED)])
    prove_command.more_evidence(["toy"], report, Options(), True, 0)
    assert report.exit_status() == 2


def test_the_second_solver_writes_to_no_cache_that_proofs_are_taken_from(tmp_path):
    command = ["prove", "segment_heap.dump", "--only", "--jobs", "1", "--cache", str(tmp_path / "kept")]
    rows = []
    for more in ([], ["--cross-check"]):
        CliRunner().invoke(cli.drystone, [*command, *more], standalone_mode=False)
        with sqlite3.connect(tmp_path / "kept") as connection:
            rows.append(sorted(connection.execute("SELECT key FROM answers")))
    assert rows[0] == rows[1] != []
    assert (tmp_path / "kept.evidence").is_file()
