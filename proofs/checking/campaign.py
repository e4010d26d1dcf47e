"""Stateful model checking of one subject: random histories until enough steps were taken or a theorem fell.

A result is CHECKED, never PROVED.  Hypothesis chooses the histories and shrinks a failing one to
a minimal one, which may break another theorem than the first that was found.  A seed determines both.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.internal.conjecture.providers import CONSTANTS_CACHE, HypothesisProvider
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from proofs import registry
from proofs.checking.script import script_of
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation

HISTORY = 60
"""Steps of one history, at most."""
HISTORIES = 50
"""Histories between two looks at how many steps were taken."""
FEWEST = 3
"""Histories between two looks, at least: Hypothesis always begins with the shortest."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CheckResult:
    """``steps`` taken and clauses evaluated, shrinking included; what fell, and a script that shows it."""

    steps: int
    checks: int
    violation: Violation | None = None
    script: str = ""


class Tally:
    """What all histories of a campaign add up to."""

    def __init__(self) -> None:
        self.steps = 0
        self.checks = 0
        self.last_world: Stage | None = None


class WorldMachine(RuleBasedStateMachine):
    """A Hypothesis machine that acts on a ``Stage``; subclasses add the rules."""

    edition: ClassVar[types.ModuleType | None] = None
    tally: ClassVar[Tally] = Tally()
    shrinks: ClassVar[bool] = True
    """Whether a violation is shrunk unless the caller says otherwise."""
    world: Stage

    def count(self) -> None:
        """One step is taken."""
        self.tally.steps += 1

    def enter(self, world: Stage) -> None:
        """The history begins, in ``world``."""
        self.world = world
        self.tally.last_world = world

    def teardown(self) -> None:
        """The history is over."""
        if hasattr(self, "world"):
            self.tally.checks += self.world.checks


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
    shrink: bool | None = None,
    short: bool = True,
) -> CheckResult:
    """Run random histories of a subject until ``steps`` steps were taken or a Violation was found and shrunk.

    Without ``shrink`` the violation is the first one found; its script still leaves out every step that it can, if
    it shall be ``short``: that takes longer than most searches.
    """
    machine, tally = machine_of(subject), Tally()
    shrink = machine.shrinks if shrink is None else shrink
    number = first_seed
    while tally.steps < steps:
        kind = type(machine.__name__, (machine,), {"edition": edition, "tally": tally})
        violation = _run(seed(number)(kind), min(HISTORIES, (steps - tally.steps) // HISTORY + FEWEST), shrink)
        if violation is not None and tally.last_world is not None:
            script = script_of(tally.last_world, violation, edition, short)
            return CheckResult(tally.steps, tally.checks, violation, script)
        if progress:
            progress(tally.steps, steps)
        number += 1
    return CheckResult(tally.steps, tally.checks)


def search(
    machine: type[WorldMachine], histories: int, first_seed: int, edition: types.ModuleType | None
) -> tuple[Violation | None, Stage | None]:
    """The first violation that some histories of ``machine`` meet, as it was found, and the world that shows it."""
    tally = Tally()
    kind = type(machine.__name__, (machine,), {"edition": edition, "tally": tally})
    violation = _run(seed(first_seed)(kind), histories, shrink=False)
    return violation, tally.last_world


def _run(machine: Any, histories: int, shrink: bool) -> Violation | None:
    """One batch; the violation, minimal if asked for, if there is one.  The last world is the one that shows it."""
    try:
        with _blind_to_modules():
            run_state_machine_as_test(machine, settings=_settings(histories, shrink))
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


def _settings(histories: int, shrink: bool) -> settings:
    return settings(
        max_examples=histories,
        stateful_step_count=HISTORY,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
    )
