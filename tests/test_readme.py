import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofs.cli import drystone

README = Path(__file__).parent.parent / "README.md"


def figures() -> dict[str, list[int]]:
    """The table between the markers: subject -> theorems, obligations, obligations for the solver."""
    text = README.read_text()
    table = re.search(r"<!-- figures: drystone prove.*?-->(.*?)<!-- end of figures -->", text, re.S)
    assert table is not None
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \|$", table.group(1), re.M)
    return {name: [int(number) for number in numbers] for name, *numbers in rows}


@pytest.mark.slow
def test_the_figures_of_the_readme_are_those_of_a_run() -> None:
    result = CliRunner().invoke(drystone, ["prove", "--format", "json"], standalone_mode=False)
    document = json.loads(result.stdout)
    found: dict[str, list[int]] = {}
    for theorem in document["theorems"]:
        counts = found.setdefault(theorem["subject"], [0, 0, 0])
        counts[0] += 1
        counts[1] += theorem["obligations"]
        counts[2] += theorem["solved"]
        assert theorem["verdict"] == "PROVED"
    assert figures() == found


def test_every_trusted_file_is_found_by_the_command_in_the_readme() -> None:
    assert "grep -rl TRUSTED proofs/engine" in README.read_text()
    trusted = [
        file.name for file in (README.parent / "proofs" / "engine").glob("*.py") if "TRUSTED" in file.read_text()
    ]
    assert {"values.py", "path.py", "rewrite.py", "memory.py", "operation.py", "discharge.py"} <= set(trusted)
