"""State that is not memory: none of it is unseen."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("state"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
