"""Memory and pages: the prover takes nothing for granted that the machine refuses."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("memory"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
