import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.audit import ledger

README = Path(__file__).parent.parent / "README.md"


def figures() -> dict[str, list[int]]:
    """The table between the markers: subject -> theorems, steps, obligations, obligations for the solver."""
    text = README.read_text()
    table = re.search(r"<!-- figures: drystone prove.*?-->(.*?)<!-- end of figures -->", text, re.S)
    assert table is not None
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", table.group(1), re.M)
    return {name: [int(number) for number in numbers] for name, *numbers in rows}


@pytest.mark.slow
def test_the_figures_of_the_readme_are_those_of_a_run() -> None:
    command = [sys.executable, "-m", "proofs.cli", "prove", "--format", "json"]
    run = subprocess.run(command, cwd=README.parent, capture_output=True, text=True, check=True)
    document = json.loads(run.stdout)
    found: dict[str, list[int]] = {}
    for theorem in document["theorems"]:
        counts = found.setdefault(theorem["subject"], [0, 0, 0, 0])
        counts[theorem["step"]] += 1
        counts[2] += theorem["obligations"]
        counts[3] += theorem["solved"]
        assert theorem["verdict"] == "PROVED"
    assert figures() == found


def test_the_readme_tells_about_how_many_lines_are_trusted() -> None:
    said = re.search(r"lines of code: some\s+([\d,]+), and ([\d,]+) of laws", README.read_text())
    assert said is not None
    for number, laws in zip(said.groups(), (False, True), strict=True):
        assert int(number.replace(",", "")) == pytest.approx(ledger().code(laws), rel=0.05)
