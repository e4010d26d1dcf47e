"""Every sentence of a specification stands alone: a report prints it without the one before."""

import re

import pytest

from proofs import registry

LEANS = re.compile(
    r"(it|its|they|them|their|this|these|those|if so|so|and|or|then|of it|of them|at most|in the extent)\b(?! many)"
)
"""How a sentence begins that needs another one to be understood."""


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_no_sentence_leans_on_another(name):
    subject = registry.proof_of(name).subject
    clauses = list(subject.invariants)
    for operation in subject.operations:
        clauses += [*operation.requires, *operation.lemmas, *operation.ensures]
    assert sorted({clause.sentence for clause in clauses if LEANS.match(clause.sentence)}) == []
