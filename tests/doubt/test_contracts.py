"""Contracts: what a caller relies on is the operation that was proved."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("contracts"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
