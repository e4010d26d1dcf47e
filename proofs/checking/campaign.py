"""Stateful model checking of one subject: random histories until enough steps were taken or a theorem fell.

A result is CHECKED, never PROVED.  Hypothesis chooses the histories; one that breaks a theorem is made short
(shortening.py).  A seed determines both.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.internal.conjecture.providers import CONSTANTS_CACHE, HypothesisProvider
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from proofs import registry
from proofs.checking.script import script_of
from proofs.checking.shortening import shortened
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation

HISTORY, HISTORIES = 60, 50
"""Steps of one history, at most; histories between two looks at how many steps were taken."""
SHORT, SEVERAL = 12, 20
"""Where checks are counted, too, so many short histories come first: what they find costs little, and is soon told."""
FEWEST = 3
"""Histories between two looks, at least: Hypothesis always begins with the shortest."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CheckResult:
    """``steps`` taken and clauses evaluated; what fell, and a script that shows it."""

    steps: int
    checks: int
    violation: Violation | None = None
    script: str = ""


class Enough(BaseException):
    """So many checks were made as there should be; no error, so that Hypothesis lets it pass."""


class Tally:
    """What all histories of a campaign add up to; it ends when ``most`` checks were made."""

    def __init__(self, most: int | None = None) -> None:
        self.steps = 0
        self.checks = 0
        self.most = most
        self.last_world: Stage | None = None


class WorldMachine(RuleBasedStateMachine):
    """A Hypothesis machine that acts on a ``Stage``; subclasses add the rules."""

    edition: ClassVar[types.ModuleType | None] = None
    tally: ClassVar[Tally] = Tally()
    world: Stage

    def count(self) -> None:
        """One step is taken."""
        self.tally.steps += 1

    def enter(self, world: Stage) -> None:
        """The history begins, in ``world``."""
        self.world = world
        self.tally.last_world = world

    def teardown(self) -> None:
        """The history is over; Enough if it was the last."""
        tally = self.tally
        if hasattr(self, "world"):
            tally.checks += self.world.checks
        if tally.most is not None and tally.checks >= tally.most and sys.exc_info()[0] is None:
            raise Enough  # here all choices of the history were made, so Hypothesis sees nothing that is odd


def machine_of(subject: str) -> type[WorldMachine]:
    """The one machine of a subject's live/rules.py, or of what is made up for it; NoRules if there is neither."""
    rules = registry.rules_of(subject)
    if hasattr(rules, "machine"):
        made_up: type[WorldMachine] = rules.machine
        return made_up
    kinds = [item for item in vars(rules).values() if isinstance(item, type) and issubclass(item, WorldMachine)]
    (machine,) = [kind for kind in kinds if kind.__module__ == rules.__name__]
    return machine


def check(
    subject: str,
    steps: int,
    first_seed: int = 0,
    edition: types.ModuleType | None = None,
    progress: Progress | None = None,
    short: bool = True,
    checks: int | None = None,
) -> CheckResult:
    """Run random histories of a subject until ``steps`` steps were taken or a Violation was found.

    They end earlier if so many ``checks`` were made, clauses evaluated.

    If its script shall be ``short``, no single step can be left out of it, and its numbers are small.
    """
    machine, tally = machine_of(subject), Tally(checks)
    number, length, most = first_seed, HISTORY, HISTORIES
    if checks is not None:
        length, most = SHORT, SEVERAL
    while tally.steps < steps:
        kind = type(machine.__name__, (machine,), {"edition": edition, "tally": tally})
        try:
            violation = _run(seed(number)(kind), min(most, (steps - tally.steps) // HISTORY + FEWEST), length)
        except Enough:
            break
        if violation is not None and tally.last_world is not None:
            found = CheckResult(tally.steps, tally.checks, violation)
            return shown(found, tally.last_world, edition, short, lower=True)
        if progress:
            progress(tally.steps, steps)
        number, length, most = number + 1, HISTORY, HISTORIES
    return CheckResult(tally.steps, tally.checks)


def search(
    machine: type[WorldMachine], histories: int, first_seed: int, edition: types.ModuleType | None
) -> tuple[Violation | None, Stage | None]:
    """The first violation that some histories of ``machine`` meet, as it was found, and the world that shows it."""
    tally = Tally()
    kind = type(machine.__name__, (machine,), {"edition": edition, "tally": tally})
    violation = _run(seed(first_seed)(kind), histories)
    return violation, tally.last_world


def shown(found: CheckResult, world: Stage, edition: types.ModuleType | None, short: bool, lower: bool) -> CheckResult:
    """What ended with a violation in ``world``, with its script, which is ``short`` if asked for.

    With ``lower`` its numbers are small, too; those of a story were chosen, and stay.
    """
    assert found.violation is not None
    if not short:
        return replace(found, script=script_of(world, found.violation))
    fewer, seen = shortened(world, found.violation, edition, lower)
    return replace(found, violation=seen, script=script_of(world, seen, fewer))


def _run(machine: Any, histories: int, length: int = HISTORY) -> Violation | None:
    """One batch; the violation that it met, if any.  The last world is the one that shows it."""
    try:
        with _blind_to_modules():
            run_state_machine_as_test(machine, settings=_settings(histories, length))
    except Violation as violation:
        return violation
    return None


@contextmanager
def _blind_to_modules() -> Iterator[None]:
    """Hypothesis draws no constants out of the modules that happen to be loaded: the seed alone decides."""
    CONSTANTS_CACHE.cache.clear()
    try:
        with patch.object(HypothesisProvider, "_local_constants", Constants()):
            yield
    finally:
        CONSTANTS_CACHE.cache.clear()


def _settings(histories: int, length: int) -> settings:
    return settings(
        max_examples=histories,
        stateful_step_count=length,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
