"""Defects that are easily overlooked, off by one or at a border: each is found by a run."""

import tomllib
from pathlib import Path

import pytest

from proofs import registry
from proofs.checking.bench import load_edition, source_with
from proofs.checking.campaign import check
from proofs.checking.witness import scripted_violation

FILE = Path(__file__).parent / "subtle" / "defects.toml"
ALL = tomllib.loads(FILE.read_text())["defect"]
STEPS = 3000
"""Random steps where the story shows nothing."""
TOLD = [one for one in ALL if one.get("story")]
SEARCHED = [one for one in ALL if not one.get("story")]
"""All of them take a minute; every second is tried, and every fourth in each run of the fast tests."""


def named(defect):
    return f"{defect['subject']}: {defect['name']}"


def edition_of(defect):
    module = registry.implementation_of(defect["subject"])
    text = source_with(module, defect["old"])
    assert defect["old"] in text, named(defect)
    return load_edition(module, text.replace(defect["old"], defect["new"], 1))


def found_by_a_run(defect):
    """The theorem that a run breaks: one of the story, else of random histories."""
    edition = edition_of(defect)
    found = scripted_violation(defect["subject"], edition, short=False)
    if found.violation is None and not defect.get("story"):
        found = check(defect["subject"], STEPS, edition=edition, short=False)
    return found.violation.theorem if found.violation else ""


def test_there_are_forty_over_all_subjects_that_run():
    assert len({named(defect) for defect in ALL}) == len(ALL) >= 40
    assert len({defect["subject"] for defect in ALL}) == 7


@pytest.mark.parametrize("defect", TOLD[::4], ids=named)
def test_the_story_shows_it(defect):
    assert found_by_a_run(defect)


@pytest.mark.slow
@pytest.mark.parametrize("defect", TOLD[2::4], ids=named)
def test_the_story_shows_it_too(defect):
    assert found_by_a_run(defect)


@pytest.mark.slow
@pytest.mark.parametrize("defect", SEARCHED[::2], ids=named)
def test_a_random_history_shows_it(defect):
    assert found_by_a_run(defect)
