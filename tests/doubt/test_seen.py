"""What Python sees of a value of the prover: no program finds out that it is proved."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("seen"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
