"""What a scenario of one subject reached: calls from proper states, and the ends that they came to."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from impl.errors import DrystoneError
from model.language.logic import Subject
from proofs.checking.ends import End, EndRecorder
from proofs.engine.lineage import files_of


@dataclass
class OperationWitness:
    """``calls`` of one operation, how many of them ``satisfied`` every precondition, ``ends`` reached."""

    calls: int = 0
    satisfied: int = 0
    ends: set[End] = field(default_factory=set)


@dataclass
class Witnesses:
    """What the scenario of one subject reached, by operation."""

    operations: dict[str, OperationWitness]


def nothing_reached(subject: Subject) -> Witnesses:
    """The witnesses before the first call."""
    return Witnesses({operation.name: OperationWitness() for operation in subject.operations})


def unmet(
    subject: Subject, state: Any, heap: int, ghost: Any, name: str = "", arguments: dict[str, Any] | None = None
) -> list[str]:
    """The invariants that do not hold of a live state, and with ``name`` what that operation requires and misses."""
    laws = [(law.name, law.formula(state, heap, ghost)) for law in subject.invariants]
    if name:
        laws += [
            (law.name, law.formula(state, heap, ghost, arguments or {})) for law in subject.operation(name).requires
        ]
    return [law for law, holds in laws if not holds]


class Recorder:
    """Makes the calls of a plain scenario and keeps what they ``found``; ``module`` is the subject's own.

    What is called by contract is no part of the ends of its callers.
    """

    def __init__(self, subject: Subject, module: types.ModuleType) -> None:
        self.found = nothing_reached(subject)
        self._sealed = [operation.name for operation in subject.operations if operation.changes is not None]
        self._files = files_of(module)

    def call(self, name: str, proper: bool, run: Callable[[], Any]) -> Any:
        """``run()``, one call of the operation; its result, None if it refused.

        Its end counts only if the state and the arguments were ``proper``: all preconditions held.
        """
        operation = self.found.operations[name]
        operation.calls += 1
        recorder = EndRecorder(self._files, self._sealed)
        try:
            with recorder:
                return run()
        except (ValueError, DrystoneError):
            return None
        finally:
            if proper:
                operation.satisfied += 1
                operation.ends.add(recorder.end)
