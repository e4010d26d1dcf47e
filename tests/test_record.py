"""A project of somebody's own: its subject is listed, proved and checked, from its folder or by DRYSTONE_PATH."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TICKETS = Path(__file__).parent / "tickets"
ROOT = TICKETS.parent.parent


@pytest.fixture
def outside(tmp_path):
    """A folder outside the tree that holds one subject, tickets."""
    return Path(shutil.copytree(TICKETS, tmp_path / "more", ignore=shutil.ignore_patterns("__pycache__")))


def run(*arguments, path, status=0):
    """What the command prints, with the subjects of ``path``; it must end with that status."""
    done = subprocess.run(
        [sys.executable, "-m", "proofs.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DRYSTONE_PATH": str(path)},
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def replaced(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_it_is_listed_after_what_it_may_rest_on(outside):
    listed = run("list", "tickets", "stack.gain", path=outside).splitlines()
    subjects = [line.split(".")[0] for line in listed if not line.startswith(" ")]
    assert list(dict.fromkeys(subjects))[-2:] == ["stack", "tickets"]


def test_it_is_proved(outside, tmp_path):
    report = json.loads(run("prove", "tickets", "--format", "json", "--cache", str(tmp_path / "cache"), path=outside))
    assert {theorem["verdict"] for theorem in report["theorems"]} == {"PROVED"}
    assert "tickets.take.takes_the_next" in {theorem["id"] for theorem in report["theorems"]}


def test_an_edit_of_any_of_its_files_is_seen_by_the_cache(outside, tmp_path):
    prove = ("prove", "tickets", "--cache", str(tmp_path / "cache"))
    run(*prove, path=outside)
    replaced(outside / "tickets/model.py", "t.cost <= 3", "t.cost <= 2")
    assert "REFUTED tickets.take.take_cost" in run(*prove, path=outside, status=1)


def test_a_defect_of_it_is_refuted_with_a_script(outside):
    replaced(outside / "tickets/impl.py", "return given + 1", "return given + 2")
    text = run("prove", "tickets", "--no-cache", path=outside, status=1)
    assert "REFUTED tickets.take.takes_the_next" in text
    assert "from tickets.live.world import TicketsWorld" in text


def test_it_is_checked(outside):
    assert "CHECKED  tickets: " in run("check", "tickets", "--steps", "100", path=outside)
    replaced(outside / "tickets/impl.py", "return given + 1", "return given + 2")
    assert "REFUTED  tickets.take.takes_the_next" in run("check", "tickets", "--steps", "100", path=outside, status=1)


@pytest.mark.slow
def test_it_is_mutated(outside):
    assert "killed 100.0%" in run("mutate", "tickets", path=outside)


def test_it_is_specified(outside):
    text = run("spec", "tickets", path=outside)
    assert "takes_the_next: the ticket is the one after those that were given out" in text


def test_its_lines_are_counted(outside):
    sizes = json.loads(run("audit", "--sizes", "--format", "json", path=outside))
    assert "tickets" in {one["subject"] for one in sizes["subjects"]}


def test_what_binds_it_to_its_model_is_in_the_ledger(outside):
    assert "tickets/proof.py" in run("audit", path=outside)
    replaced(outside / "tickets/proof.py", "TRUSTED", "Trusted")
    assert "tickets/proof.py" in run("audit", path=outside, status=1)


def test_its_hints_are_recorded_beside_it(outside):
    run("hints", "tickets", path=outside)
    assert (outside / "tickets" / "hints.lock").is_file()
    run("hints", "--check", "tickets", path=outside)


def test_without_a_story_nothing_is_proved_of_states_that_occur(outside):
    shutil.rmtree(outside / "tickets/live")
    (outside / "tickets/record.py").unlink()
    text = run("prove", "tickets", "--no-cache", path=outside, status=3)
    assert "UNKNOWN tickets.take.reachable" in text
    assert "tickets has no story" in text
    assert "no random histories" in run("check", "tickets", path=outside, status=2)


def test_a_folder_that_is_no_project_is_refused(tmp_path):
    assert "there is no pyproject.toml with a table [tool.drystone]" in run("list", path=tmp_path, status=2)


def test_a_record_that_cannot_be_read_is_named(outside):
    (outside / "tickets/record.py").write_text("RECORD = 1\n")
    assert "RECORD is no proofs.record.Record" in run("list", path=outside, status=2)
    (outside / "tickets/record.py").write_text("RECORD = record\n")
    assert "record.py cannot be read: NameError" in run("list", path=outside, status=2)


def test_two_subjects_of_one_name_are_refused(outside):
    shutil.copytree(outside / "tickets", outside / "stack")
    (outside / "pyproject.toml").write_text('[tool.drystone]\nsubjects = ["stack"]\n')
    assert "two subjects are called stack" in run("list", path=outside, status=2)
