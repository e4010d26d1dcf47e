"""Edits of the real allocators that do harm: refused or refuted, as another source and put in place."""

import pytest

from proofs.doubt.allocators import EDITS
from tests.doubt.judging import ids, judge

LONG = ("user_mode", "room_grows", "root_", "decided", "fewer", "nothing", "names_that")
"""Edits that the solver must look into."""
SHORT = [name for name in ids("edits", *LONG) if name.endswith(".source")]


@pytest.mark.parametrize("name", SHORT)
def test_an_edit_that_does_harm_is_not_proved(name):
    judge(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ids("edits") if name not in SHORT])
def test_an_edit_that_does_harm_is_not_proved_by_the_command(name):
    judge(name)


def test_every_edit_is_tried_in_both_ways():
    assert len(ids("edits")) == 2 * len(EDITS)
