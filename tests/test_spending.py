"""The table at the end of a test run: what it counts, and when it is silent."""

import subprocess
import sys

import pytest

from tests import spending
from tests.spending import table

BUSY = """
import time
import pytest

@pytest.fixture(scope="module")
def shared():
    begun = time.process_time()
    while time.process_time() < begun + 0.3:
        pass

def test_first(shared):
    pass

def test_second(shared):
    assert False
"""


def test_the_dearest_files_come_first_and_nothing_is_left_out():
    spent = [(f"tests/test_{n}.py::test_{k}", float(n)) for n in range(1, 21) for k in range(2)]
    lines = table(spent)
    assert lines[0].split() == ["tests/test_20.py", "2", "tests", "40.0", "s"]
    assert lines[spending.DEAREST].split() == ["5", "more", "10", "tests", "30.0", "s"]
    assert lines[-1].split() == ["all", "40", "tests", "420.0", "s"]


def test_a_run_of_a_few_seconds_has_no_table():
    assert table([("tests/test_a.py::test_b", spending.WORTH_TELLING / 2)]) == []
    assert table([]) == []


@pytest.mark.parametrize("more", [(), ("--numprocesses", "1")])
def test_a_run_counts_fixtures_and_failures_from_wherever_they_are(tmp_path, more):
    (tmp_path / "test_busy.py").write_text(BUSY)
    (tmp_path / "conftest.py").write_text(
        "from tests.spending import *\nfrom tests import spending\nspending.WORTH_TELLING = 0.0\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", ".", *more, "."]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(spending.ROOT)}, capture_output=True, text=True, check=False
    )
    (line,) = [line.split() for line in done.stdout.splitlines() if line.endswith(" s")][:1]
    assert line[:3] == ["test_busy.py", "2", "tests"]
    assert 0.3 <= float(line[3]) < 3
