"""Programs in the language, or all but a word of them: they mean what CPython makes of them."""

import pytest

from tests.doubt.judging import ids, judge


@pytest.mark.parametrize("name", ids("inside"))
def test_a_false_statement_is_not_proved(name):
    judge(name)
