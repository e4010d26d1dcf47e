"""Errors of the prover: no program catches one, and none counts as the program's own."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("errors"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
