"""Where the code under proof stands, and where the specification that is being evaluated.

TRUSTED: it is asked while a program is executed, and only looks: it changes no frame.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

PROVER = (
    "proofs.engine.",
    "proofs.checking.",
    "model.language.logic",
    "model.language.laws",
    "model.language.ghost",
    "functools",
    "contextlib",
)
"""Modules that no specification stands in."""


def _subject_frame() -> Any:
    """The innermost frame of the code under proof."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__drystone_subject__") is None:
        frame = frame.f_back
    return frame


def source_line() -> str:
    """Where the code under proof stands: "segment_heap.py:120 in _split"."""
    frame = _subject_frame()
    if frame is None:
        return ""
    file = frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{file}:{frame.f_lineno} in {frame.f_code.co_name}"


def source_text() -> str:
    """The source line under proof."""
    frame = _subject_frame()
    if frame is None:
        return ""
    lines = frame.f_globals["__drystone_subject__"]
    text: str = lines[frame.f_lineno - 1].strip()
    return text


def specification_line() -> str:
    """Where the specification stands that is evaluated, and in which function it began: "chain.py:12, in no_gap"."""
    frames = [frame for frame in _frames() if not is_of_the_prover(frame)]
    if not frames:
        return "a place outside any specification"
    inner, names_of = frames[0], list(dict.fromkeys(frame.f_code.co_name for frame in frames))
    begun = next((name for name in reversed(names_of) if not name.startswith("<")), names_of[-1])
    return f"{inner.f_code.co_filename.rsplit('/', 1)[-1]}:{inner.f_lineno}, in {begun}"


def _frames() -> Iterator[Any]:
    """The frames from here outwards, to where the prover took up the specification."""
    frame: Any = sys._getframe(1)
    found = False
    while frame is not None:
        outside = not is_of_the_prover(frame)
        if found and str(frame.f_globals.get("__name__")) in ("proofs.engine.path", "proofs.engine.operation"):
            return
        found = found or outside
        yield frame
        frame = frame.f_back


def is_of_the_prover(frame: Any) -> bool:
    """Whether the frame belongs to the prover, or to the words of the specification language."""
    return str(frame.f_globals.get("__name__")).startswith(PROVER)
