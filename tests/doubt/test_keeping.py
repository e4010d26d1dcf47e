"""The cache, vacuity, relocation, processes that end early: nothing is PROVED that was not shown of this very text."""

import pytest

from tests.doubt.judging import ids, judge

COMMANDS = ("cost", "never", "stranger", "edited")
"""Cases that run the command, or a program of a stranger, in a folder of its own."""


@pytest.mark.parametrize("name", ids("cache", *COMMANDS))
def test_a_false_statement_is_not_proved(name):
    judge(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [one for one in ids("cache") if one not in ids("cache", *COMMANDS)])
def test_a_false_statement_is_not_proved_by_the_command(name):
    judge(name)
