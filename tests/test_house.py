"""The folders say what must be trusted: imports point one way, and model/ holds nothing that only helps a proof."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from model.language.logic import Clause
from proofs import registry
from proofs.kernel import ROOT, files_of, imports
from proofs.sizes import sizes

ABOVE = {
    "model": ("impl", "proofs", "tests"),
    "impl": ("proofs", "tests"),
    "proofs": ("tests",),
}
"""What each package must not import."""
HELP = ("needs", "basis", "trigger", "mention", "lemma", "inner", "lemmas", "loop", "hold", "advance", "Loop")
"""Words that only help a proof."""


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def names_in(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}


def imports_of(file: Path) -> list[Path]:
    """The files of the project that a file imports, those too that it imports for types only."""
    branches = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.If)]
    for_types = [node for branch in branches if ast.unparse(branch.test) == "TYPE_CHECKING" for node in branch.body]
    found = list(imports(file, ROOT))
    for node in for_types:
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [other for name in (node.module or "", *names) for other in files_of(name, ROOT)]
    return found


@pytest.mark.parametrize("package", ABOVE)
def test_imports_point_one_way(package):
    for file in files(package):
        tops = {other.relative_to(ROOT).parts[0] for other in imports_of(file)}
        assert tops.isdisjoint(ABOVE[package]), file


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_a_specification_rests_on_no_proof_of_its_subject_and_holds_no_help(name):
    for file in files(f"model/{name}"):
        assert names_in(file).isdisjoint(HELP), file


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_the_prover_imports_no_subject(name):
    for file in files("proofs/engine"):
        assert not [other for other in imports(file, ROOT) if other.is_relative_to(ROOT / "proofs" / name)], file


def test_no_import_goes_in_a_circle():
    every = [file for package in ("model", "impl", "proofs") for file in files(package)]
    below = {file: [other for other in imports_of(file) if other.name != "__init__.py"] for file in every}
    done: set[Path] = set()

    def climb(file: Path, way: tuple[Path, ...]) -> None:
        assert file not in way, [str(one.relative_to(ROOT)) for one in (*way[way.index(file) :], file)]
        if file not in done:
            for other in below.get(file, []):
                climb(other, (*way, file))
            done.add(file)

    for file in every:
        climb(file, ())


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_a_subject_is_a_folder_in_model_and_one_in_proofs(name):
    assert (ROOT / "model" / name / "contract.py").is_file()
    assert (ROOT / "proofs" / name / "proof.py").is_file()


def test_a_module_all_of_whose_clauses_are_laws_imports_none():
    users = [file for file in files("model") if "clauses_of(__name__)" in file.read_text()]
    assert users
    for file in users:
        module = import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
        names = [alias.asname or alias.name for node in nodes for alias in node.names]
        assert not [name for name in names if isinstance(getattr(module, name, None), Clause)], file


def test_what_must_be_believed_stays_small():
    found = sizes()
    assert found.packages["model"] <= 12_100
    assert {one.subject for one in found.subjects} == set(registry.SUBJECTS)
    assert found.written == sum(found.packages.values())


def test_no_file_is_longer_than_400_lines_and_no_function_longer_than_60():
    every = [file for folder in ("model", "impl", "proofs", "tests") for file in files(folder)]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in every}
    assert [name for name, length in lengths.items() if length > 400] == []
    functions = [one for file in every for one in functions_in(file)]
    assert not [f"{file}:{node.lineno}" for file, node in functions if (node.end_lineno or 0) - node.lineno >= 60]


def functions_in(file: Path) -> list[tuple[Path, ast.FunctionDef]]:
    return [(file, node) for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
