"""What all tests share."""

import sys
from pathlib import Path

import pytest

from proofs.cli import main
from proofs.engine import program
from proofs.engine.entered import watch
from tests.defects.defect import Defect
from tests.defects.segment_heap import DEFECTS
from tests.effort import little_effort
from tests.spending import pytest_runtest_makereport, pytest_runtest_protocol, pytest_terminal_summary

__all__ = ["pytest_runtest_makereport", "pytest_runtest_protocol", "pytest_terminal_summary"]  # hooks of this session

watch()  # before any program is imported: then what the command remembered counts here, too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no process begins a long one when the others have nothing left."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _a_program_with_a_file(monkeypatch):
    """Test workers are started from a string; what they execute has files all the same, so a cache may remember it."""
    monkeypatch.setattr(program, "nameless", lambda: False)


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    """Run the command in this process, in an empty folder: (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def running(*arguments: object):
        monkeypatch.setattr(sys, "argv", ["drystone", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capfd.readouterr()
        return end.value.code, said.out, said.err

    return running


@pytest.fixture(name="little_effort")
def _little_effort():
    """The solver tries for less long: for what must stay open, and what needs little where it is proved."""
    with little_effort():
        yield


@pytest.fixture
def variant(tmp_path):
    """The source of the segment heap with a defect, as a file."""

    def written(name: str) -> tuple[Defect, Path]:
        defect = next(d for d in DEFECTS if d.name == name)
        file = tmp_path / f"{name}.py"
        file.write_text(defect.source())
        return defect, file

    return written
