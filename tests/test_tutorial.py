"""The tutorial is followed as it stands, from an empty folder: its commands print what it says."""

import re

import pytest

from tests.following import Reader, agrees, steps
from tests.projects import ROOT

PAGE = (ROOT / "proofs" / "tutorial.md").read_text()


@pytest.mark.slow
def test_its_commands_print_what_it_says(tmp_path):
    reader = Reader(tmp_path)
    for kind, what, text in steps(PAGE):
        if kind == "$":
            printed = reader.run(what)
            assert agrees(printed, text), f"$ {what}\n{printed}\nbut the page says\n{text}"
        else:
            reader.put(what, text)


def test_the_pool_takes_140_lines_of_specification_and_240_in_all():
    lines = {what: text.count("\n") for kind, what, text in steps(PAGE) if kind in ("python", "toml")}
    assert lines["pool/model.py"] <= 140
    assert sum(lines.values()) <= 240


def test_a_page_is_compared_but_for_seconds_and_left_out_lines():
    assert agrees("a\nb 1.25 s\nc\n", "a\nb 7.00 s\nc\n")
    assert agrees("a\nb\nc\nd", "a\n...\nd")
    assert not agrees("a\nb\nc", "a\nc")
    assert not agrees("29 theorems", "28 theorems")
    assert re.search(r"^```console$", PAGE, re.MULTILINE)
