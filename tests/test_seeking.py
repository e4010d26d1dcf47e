"""Runs that break theorems are looked for within bounds, and no story is played twice."""

import pytest

from proofs.checking import evidence
from proofs.checking.campaign import check
from proofs.engine.options import Options
from proofs.prove_command import prove
from proofs.seeking import Seeking

PLAYED = {"segment_heap.free": frozenset()}


@pytest.mark.parametrize(
    ("witnessed", "early", "told"),
    [(PLAYED, set(), True), (PLAYED, {"segment_heap"}, False), ({}, set(), False), (PLAYED, {"bin_heap"}, True)],
)
def test_a_story_that_came_to_its_end_is_not_played_again(witnessed, early, told):
    options = Options(witnessed=witnessed, early=early, sources={"segment_heap": "a text"}, search=70)
    assert Seeking(options)._call("segment_heap") == ("segment_heap", "a text", 70, told)


def test_a_search_plays_the_story_first_unless_it_was_told(monkeypatch):
    played = []
    monkeypatch.setattr(
        evidence, "scripted_violation", lambda name, edition: played.append(name) or evidence.CheckResult(0, 0)
    )
    for told in (True, False):
        assert evidence.searched("segment_heap", None, 20, told).steps > 0
    assert played == ["segment_heap"]


def test_a_search_ends_with_the_history_that_makes_so_many_checks():
    """What operations of a subject cost differs by a factor of ten: so many steps would take as much longer."""
    found = check("bin_heap", 6000, checks=10_000)
    assert found.violation is None
    assert 10_000 <= found.checks < 60_000
    assert found.steps < 1000


def test_the_help_of_prove_says_how_far_a_search_goes():
    (option,) = [one for one in prove.params if one.name == "search"]
    assert f"{evidence.STEPS}, or as many as evaluate {evidence.CHECKS:,} clauses" in option.help


def test_the_same_search_comes_to_the_same():
    assert check("segment_heap", 6000, checks=5000) == check("segment_heap", 6000, checks=5000)
