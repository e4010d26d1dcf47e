"""One contract, explored to the end or not: what CrossHair may be believed.

CrossHair's own verdict is not enough.  It gives up on a path that takes too long, that its solver
cannot decide or that it does not support, and goes on with the others; whether the summary still
tells depends on how the verdicts of the paths are merged.  So every path is observed here, and
CHECKED means: CrossHair says "confirmed", it exhausted the tree of paths, at least one path ran to
the end of the postcondition, and each of the others did too, or left by failing a precondition.

A path may take as long as the whole condition, so that a slow machine does not decide; the
budget is processor time.  (A path that never asks the solver anything is not interrupted at all; the
runner ends its process.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from crosshair.condition_parser import CompositeConditionParser, Conditions
from crosshair.core_and_libs import analyze_function, run_checkables
from crosshair.fnutil import FunctionInfo
from crosshair.options import AnalysisKind, AnalysisOptionSet
from crosshair.statespace import AnalysisMessage, CallAnalysis, MessageType, StateSpace, VerificationStatus

from proofs.crosshair.contract import Contract

CHECKED = "CHECKED"
REFUTED = "REFUTED"
UNKNOWN = "UNKNOWN"
ERROR = "ERROR"

COUNTEREXAMPLES = (MessageType.POST_FAIL, MessageType.POST_ERR, MessageType.EXEC_ERR)
NONDETERMINISM = "NotDeterministic"


@dataclass
class Paths:
    """How the paths of one condition ended."""

    confirmed: int = 0
    refuted: int = 0
    excluded: int = 0
    """Failed a precondition."""
    unexplored: int = 0
    """Timed out, undecided by the solver, or not supported."""
    dropped: int = 0
    """Abandoned as impossible, or the precondition itself failed with an exception."""
    stats: Counter[str] = field(default_factory=Counter)
    """CrossHair's own counters."""

    def record(self, analysis: CallAnalysis) -> None:
        """Count one path."""
        status = analysis.verification_status
        if status is VerificationStatus.CONFIRMED:
            self.confirmed += 1
        elif status is VerificationStatus.REFUTED:
            self.refuted += 1
        elif status is VerificationStatus.UNKNOWN:
            self.unexplored += 1
        elif analysis.failing_precondition is not None and not analysis.failing_precondition_reason:
            self.excluded += 1
        else:
            self.dropped += 1

    @property
    def total(self) -> int:
        """All paths that were observed."""
        return self.confirmed + self.refuted + self.excluded + self.unexplored + self.dropped

    def doubts(self) -> str:
        """Why these paths confirm nothing; "" if they are all paths that there are, and each was decided."""
        if self.total != self.stats["num_paths"]:
            return f"{self.stats['num_paths']} paths, {self.total} of them observed"
        if self.unexplored:
            return f"{self.unexplored} of {self.total} paths timed out, undecided or unsupported"
        if self.dropped:
            return f"{self.dropped} of {self.total} paths dropped without a verdict"
        if not self.stats["exhaustion"]:
            return f"paths remain after {self.total}: the budget ran out"
        return ""


@contextmanager
def observed_paths(paths: Paths) -> Iterator[None]:
    """Record into ``paths`` how every path that CrossHair finishes inside the ``with`` block ended."""
    original = StateSpace.bubble_status

    def bubble_status(space: StateSpace, analysis: CallAnalysis) -> Any:
        paths.record(analysis)
        return original(space, analysis)

    with patch.object(StateSpace, "bubble_status", bubble_status):
        yield


@contextmanager
def read_once() -> Iterator[None]:
    """Inside the ``with`` block CrossHair reads the conditions of each function object once.

    It looks for them whenever the code that it follows calls something, and parses the callee's source each time:
    that is two thirds of its work.  The object says which conditions it has; nothing changes them during a run.
    """
    original = CompositeConditionParser.get_fn_conditions
    known: dict[tuple[int, ...], tuple[Any, Conditions | None]] = {}

    def get_fn_conditions(parser: CompositeConditionParser, asked: FunctionInfo) -> Conditions | None:
        objects = (parser, asked.context, asked.descriptor)
        key = tuple(map(id, objects))
        if key not in known:
            known[key] = objects, original(parser, asked)  # holds the objects, so that no other gets their identity
        return known[key][1]

    with patch.object(CompositeConditionParser, "get_fn_conditions", get_fn_conditions):
        yield


def explore(contract: Contract, path_budget: float | None = None) -> tuple[str, str]:
    """The verdict on a contract and its detail, found in this process: the worst of its conditions.

    ``path_budget`` is what one path may take, in seconds; by default as much as the condition.
    """
    options = AnalysisOptionSet(
        analysis_kind=[AnalysisKind.PEP316],
        per_condition_timeout=contract.budget,
        per_path_timeout=contract.budget if path_budget is None else path_budget,
        report_all=True,
    )
    checkables = analyze_function(contract.function, options)
    if not checkables:
        return ERROR, "the function states no postcondition"
    outcomes = [_explore_condition(checkable) for checkable in checkables]
    order = (REFUTED, ERROR, UNKNOWN, CHECKED)
    worst = min(outcomes, key=lambda outcome: order.index(outcome[0]))
    return worst if worst[0] != CHECKED else (CHECKED, "; ".join(detail for _, detail in outcomes))


def _explore_condition(checkable: Any) -> tuple[str, str]:
    """The verdict on one postcondition, and its detail."""
    paths = Paths()
    if hasattr(checkable, "options"):
        checkable.options.stats = paths.stats
    with observed_paths(paths), read_once():
        messages = run_checkables([checkable])
    return judge(messages, paths)


def judge(messages: list[AnalysisMessage], paths: Paths) -> tuple[str, str]:
    """What CrossHair's messages and the observed paths add up to."""
    for message in messages:
        if message.state in COUNTEREXAMPLES and NONDETERMINISM not in message.message:
            return REFUTED, message.message
    for message in messages:
        if message.state not in (MessageType.CONFIRMED, MessageType.CANNOT_CONFIRM, MessageType.PRE_UNSAT):
            return ERROR, message.message
    doubts = paths.doubts()
    if doubts:
        return UNKNOWN, doubts
    if not paths.confirmed:
        return ERROR, "no argument meets the precondition"
    if not messages or any(message.state is not MessageType.CONFIRMED for message in messages):
        return UNKNOWN, "not confirmed by CrossHair"
    return CHECKED, f"paths: {paths.confirmed}"
