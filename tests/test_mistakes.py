"""Mistakes of somebody who writes a subject of his own: each gives one clear message, with his own file and line."""

import os
import re
import resource
import sys

import pytest

from proofs import cli, project, registry
from proofs.engine.guard import guarded
from tests.mistakes.catalogue import ONE_MESSAGE, REFUTED
from tests.mistakes.mistake import CODE, Mistake

FAST = (
    "and",
    "quotient",
    "field",
    "statement",
    "no_annotation",
    "loop_name",
    "no_contract",
    "no_step",
    "matching_loop",
)
"""One of each kind is tried in every run of the tests."""
SECONDS = 10


def cases(mistakes):
    return [pytest.param(one, id=one.name, marks=[] if one.name in FAST else pytest.mark.slow) for one in mistakes]


def told(made, output, *arguments):
    """How the command ends, what it prints, and its processor time; in a fork, so that nothing is imported anew."""
    child = os.fork()
    if child == 0:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1)
        sys.argv = ["drystone", *arguments]
        os.environ[project.PATH] = str(made)
        project.projects.cache_clear()
        registry.SUBJECTS.__dict__.pop("_records", None)
        os._exit(guarded(cli.run))
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), output.read_text(), seconds(usage)


def seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def messages(text):
    """What a report says besides verdicts: each failure, each note, each mistake."""
    return re.findall(r"^(?:drystone|note): |^(?:ERROR|REFUTED|UNKNOWN|VACUOUS) [a-z]", text, re.MULTILINE)


def proved(mistake: Mistake, folder):
    made = mistake.made_in(folder)
    arguments = ("prove", "tickets", "--no-cache", "--jobs", "1")
    status, text, took = told(made, folder / "output", *arguments)
    text = " ".join(text.split()) if mistake.status == 1 else text
    for part in mistake.says:
        assert part in text
    assert "Traceback" not in text
    assert "error of the tool itself" not in text
    assert status == mistake.status, text
    assert took < SECONDS
    return made, text


@pytest.mark.parametrize("mistake", cases(ONE_MESSAGE))
def test_a_mistake_is_told_once_with_its_place(mistake, tmp_path):
    made, text = proved(mistake, tmp_path)
    assert mistake.place(made) in text
    assert len(messages(text)) == 1, text


@pytest.mark.parametrize("mistake", cases(REFUTED))
def test_a_theorem_that_is_open_tells_what_may_be_the_reason(mistake, tmp_path):
    proved(mistake, tmp_path)


@pytest.mark.parametrize("mistake", [one for one in ONE_MESSAGE if one.name in ("field", "quotient", "operation")])
def test_a_run_tells_the_same_mistake(mistake, tmp_path):
    made = mistake.made_in(tmp_path)
    status, text, _ = told(made, tmp_path / "output", "check", "tickets", "--steps", "20")
    assert status == mistake.status, text
    assert mistake.place(made) in text
    assert len(messages(text)) == 1, text


@pytest.mark.slow
def test_without_a_mistake_all_of_it_is_proved(tmp_path):
    made = Mistake("none", CODE, "NONE = 0", "NONE = 0", "", (), looping=True).made_in(tmp_path)
    status, text, _ = told(made, tmp_path / "output", "prove", "tickets", "--no-cache", "--jobs", "1")
    assert (status, messages(text)) == (0, []), text


def test_there_is_one_mistake_of_each_kind():
    names = [mistake.name for mistake in (*ONE_MESSAGE, *REFUTED)]
    assert len(set(names)) == len(names) > 40
