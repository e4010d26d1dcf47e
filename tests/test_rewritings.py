"""Code that is written in another way, and does the same, stays proved; how many of the rewritings do is counted."""

import ast

import pytest

from proofs import registry
from proofs.checking.bench import source_with
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from tests.rewritings.rewriting import rewritings
from tests.warm import warm

ALL = rewritings()
SAMPLE = [one for one in ALL if not one.open][::10]
"""All of them take minutes; whoever changes the prover tries them all (``ALL`` for ``SAMPLE``)."""


def left_open(rewriting):
    """The theorems of the rewritten operations that are not proved, taking for granted what they rest on."""
    patterns = [f"{rewriting.subject}.{operation}" for operation in rewriting.operations]
    options = Options(jobs=1, cache=warm(), sources={rewriting.subject: rewriting.source}, only=True)
    report = prove([registry.proof_of(rewriting.subject)], patterns, options)
    assert report.theorems
    return {t.id: t.verdict for t in report.theorems if t.verdict not in (Verdict.PROVED, Verdict.CONDITIONAL)}


def test_of_forty_rewritings_no_more_than_three_are_open():
    assert len(ALL) >= 40
    assert len(set(map(str, ALL))) == len(ALL)
    assert sum(bool(one.open) for one in ALL) <= 3


@pytest.mark.parametrize("rewriting", ALL, ids=str)
def test_a_rewriting_changes_the_source(rewriting):
    before = source_with(registry.implementation_of(rewriting.subject), rewriting.old)
    assert ast.dump(ast.parse(rewriting.source)) != ast.dump(ast.parse(before))


@pytest.mark.slow
@pytest.mark.parametrize("rewriting", SAMPLE, ids=str)
def test_a_harmless_rewriting_stays_proved(rewriting):
    assert left_open(rewriting) == {}
