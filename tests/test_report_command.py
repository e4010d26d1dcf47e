"""`drystone report` in a project of somebody's own: his subjects alone, with prove's status."""

import re

import pytest

from proofs.scaffold.writing import new_project
from tests.projects import drystone

SOUND = "size > self.end - top:"


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "pool"
    new_project("pool", folder)
    return folder


def test_the_page_of_a_project_shows_its_subjects_alone(pool):
    assert re.search(r"(\d+) theorems \(\1 PROVED\)", drystone("report", "-o", "out", at=pool))
    text = (pool / "out" / "index.html").read_text()
    assert re.findall(r'<section id="(\w+)" class="subject"', text) == ["pool"]
    assert text.count('class="plot"') == 2 and 'id="wrong"' not in text


def test_what_is_refuted_comes_first_with_a_run_to_step_through(pool):
    """The status is that of prove, and the page is written all the same."""
    broken = pool / "broken.py"
    broken.write_text((pool / "pool" / "impl.py").read_text().replace(SOUND, "size > self.end - top + 8:"))
    drystone("report", "pool", "--source", str(broken), "-o", "out", "--pictures", at=pool, status=1)
    text = (pool / "out" / "index.html").read_text()
    assert text.index('id="wrong"') < text.index('class="subject"')
    assert 'class="stepper"' in text and "breaks the theorem" in text
    assert (pool / "out" / "pool.allocate.null_exactly.svg").is_file()


def test_a_mistake_is_told_in_one_line(pool):
    assert "Missing option '-o'" in drystone("report", at=pool, status=2)
    assert "nothing is selected" in drystone("report", "pool.nothing", "-o", "out", at=pool, status=5)
