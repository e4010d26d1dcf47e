"""What all commands share: long work shows on a terminal how far it is, and says nothing elsewhere."""

import os
import re
import subprocess
import sys

import pytest

from proofs.command import progress_bar, progress_bars

SHOWN = """
import time
from proofs.command import progress_bars

with progress_bars("executing", "proving") as (executing, proving):
    for number in (1, 2):
        executing(number, 2)
        time.sleep(0.3)
    proving(40, 70)
    time.sleep(0.3)
"""


def said_on_a_terminal(text: str) -> str:
    """What a program says to a terminal, without what moves the cursor."""
    ours, theirs = os.openpty()
    with subprocess.Popen([sys.executable, "-c", text], stderr=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:  # the other side is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())


def test_one_stage_after_the_other_is_shown():
    seen = re.findall(r"(executing|proving)[^\d/]*(\d+)/(\d+)", said_on_a_terminal(SHOWN))
    assert list(dict.fromkeys(seen)) == [("executing", "1", "2"), ("executing", "2", "2"), ("proving", "40", "70")]


@pytest.mark.parametrize("titles", [("one",), ("one", "two")])
def test_nothing_is_said_elsewhere(titles, capfd):
    with progress_bars(*titles) as stages:
        for advance in stages:
            advance(1, 2)
    with progress_bar("three") as advance:
        advance(1, 2)
    assert capfd.readouterr() == ("", "")
