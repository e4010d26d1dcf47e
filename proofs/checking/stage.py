"""What a history acts on: a small world that can be made again, and whose journal says how it came to be as it is.

Everything that happens is written down in the ``journal`` as the Python statement that does it again,
so that a failing history can be handed to somebody as a script.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import ClassVar, Protocol

from model.language.logic import Subject


class Tested(Protocol):
    """What a world puts to the test: a Bench, or less."""

    @property
    def subject(self) -> Subject:
        """What is claimed."""

    @property
    def module(self) -> types.ModuleType:
        """The code of which it is claimed."""


@dataclass(frozen=True)
class Claim:
    """A subject, and the code of which it is claimed: all that a world needs that looks at the rest itself."""

    subject: Subject
    module: types.ModuleType


class Stage:
    """A world with ``frames`` frames of RAM around the code of ``bench.module``, or of another edition of it."""

    bench: ClassVar[Tested]

    def __init__(self, frames: int, edition: types.ModuleType | None = None) -> None:
        self.frames = frames
        self.edition = edition
        self.journal: list[str] = []

    @classmethod
    def imported(cls) -> str:
        """The lines of a script that make this class known, by its name."""
        return f"from {cls.__module__} import {cls.__name__}"

    @property
    def checks(self) -> int:
        """Clauses evaluated so far."""
        raise NotImplementedError

    def note(self, method: str, *arguments: str, result: str = "") -> None:
        """Write down the statement that is about to be executed; arguments as they stand in a script."""
        call = f"world.{method}({', '.join(arguments)})"
        self.journal.append(f"{result} = {call}" if result else call)
