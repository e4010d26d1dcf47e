"""The frame allocator's functions that go by contract, each called by itself, every clause and every loop looked at."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import impl.frame_allocator
import impl.regions
from impl.arithmetic import PAGE_SIZE
from impl.errors import DrystoneError
from impl.regions import Area
from model.language.annotations import observed
from model.language.logic import RAISES_ONLY, Operation, Transition
from proofs.checking.loops import LoopObserver
from proofs.checking.violation import PreconditionError
from proofs.frame_allocator.live.start import described
from proofs.frame_allocator.subject import SUBJECT
from proofs.registry import proof_of

FILES = (impl.frame_allocator.__file__, impl.regions.__file__)
"""Their loops are looked at."""

Failed = list[tuple[str, str]]
"""Name and sentence of clauses that do not hold."""


def judged(module: types.ModuleType, name: str, arguments: tuple[Any, ...]) -> tuple[Failed, str]:
    """What a call of the function of an edition breaks of its contract, and what came of it.

    The arguments of next_gap end with the header's region and the list of the reserved ones.
    """
    operation = SUBJECT.operation(name)
    regions = module.whole_frames.__globals__
    if name == "next_gap":
        place, start, end, header, reserved = arguments
        held = regions["Unavailable"](Area(*header), described(start, end - start, reserved, PAGE_SIZE))
        arguments = place, start, end, held
    named = dict(zip(operation.arguments, arguments, strict=True))
    for clause in operation.requires:
        if not clause.formula(None, 0, None, named):
            raise PreconditionError(f"{clause.name}: {clause.sentence}")
    result, raised = _run(operation, _call_of(name, module, regions, arguments))
    t = Transition(0, None, None, None, named, result, raised)
    failed = [(clause.name, clause.sentence) for clause in operation.ensures if not clause.formula(t)]
    if not operation.may_end_with(raised):
        failed.append(("raises_only", f"{RAISES_ONLY} ({raised})"))
    return failed, f"raised {raised}" if raised else f"returned {result}"


def _call_of(
    name: str, module: types.ModuleType, regions: dict[str, Any], arguments: tuple[Any, ...]
) -> Callable[[], Any]:
    if name in ("whole_frames", "clip"):
        base, size, *rest = arguments
        return lambda: regions[name](Area(base, size), *rest)
    function = regions[name] if name in regions else getattr(module, name)
    return lambda: function(*arguments)


def _run(operation: Operation, call: Callable[[], Any]) -> tuple[Any, str]:
    """Result and the name of what was raised."""
    specifications = proof_of(SUBJECT.name).annotations
    with observed(LoopObserver(f"{SUBJECT.name}.{operation.name}", 1, FILES, specifications)):
        try:
            return call(), ""
        except (ValueError, DrystoneError) as error:
            return None, type(error).__name__
