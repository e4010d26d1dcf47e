"""What is installed is one package, drystone: a project's own packages may be called model, impl and proofs."""

import re
import subprocess
import sys
import sysconfig
import zipfile

import pytest

from proofs.packaging.naming import renamed
from proofs.scaffold.writing import new_project
from tests.projects import ROOT, drystone

pytestmark = pytest.mark.slow
OF_THE_TREE = re.compile(r"^\s*(?:from|import) (?:model|impl|proofs)\b(?!.* drystone)", re.MULTILINE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from this tree with the build tools that are there or fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment of its own with the wheel in it; what it depends on is this environment's."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))  # a .pth is not followed there: the tree is not
    return folder / "bin" / "python"


def test_it_holds_one_package_and_all_that_is_no_code(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        code = {name: archive.read(name).decode() for name in names if name.endswith(".py")}
        entries = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"drystone"}
    assert not [name for name, text in code.items() if OF_THE_TREE.search(text)]
    command = ["git", "ls-files", "model", "impl", "proofs"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    expected = [name for name in listed.stdout.split() if not name.startswith("proofs/packaging/")]
    assert {f"drystone/{name}" for name in expected} <= set(names)
    assert "drystone = drystone.proofs.cli:main" in entries


def test_beside_packages_of_those_names_it_proves_its_own_subjects_and_a_project(installed, tmp_path):
    for package in ("model", "impl", "proofs"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise ImportError('the wrong one')\n")
    new_project("pool", tmp_path)
    command = (str(installed), "-P", "-m", "drystone.proofs.cli")
    more = {"at": tmp_path, "program": command, "PYTHONPATH": ""}
    assert "segment_heap.free.coalesced" in drystone("list", "segment_heap.free", **more)
    assert "PROVED    segment_heap.free" in drystone("prove", "segment_heap.free", "--no-cache", **more)
    assert "29 theorems: 29 PROVED" in drystone("prove", "--no-cache", **more)
    assert "CHECKED  pool" in drystone("check", "--steps", "200", **more)


@pytest.mark.parametrize(
    ("text", "installed_as"),
    [
        ("from impl.words import check_word", "from drystone.impl.words import check_word"),
        ("    import impl.pool", "    import drystone.impl.pool; from drystone import impl"),
        ("import proofs", "from drystone import proofs"),
        ('"impl.words": 1', '"drystone.impl.words": 1'),
        ("f'proofs.{name}.proof'", "f'drystone.proofs.{name}.proof'"),
        ('name.startswith("model.")', 'name.startswith("drystone.model.")'),
        ('place / "impl.py"', 'place / "impl.py"'),
        ('"proofs/engine/"', '"proofs/engine/"'),
        ("taken from model and import", "taken from model and import"),
        ("the words from proofs of it", "the words from proofs of it"),
        ("x.impl.words", "x.impl.words"),
    ],
)
def test_names_of_modules_are_those_of_the_package(text, installed_as):
    assert renamed(text) == installed_as
