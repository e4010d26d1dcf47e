"""The specification language: the prover reads what is written."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("specification"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
