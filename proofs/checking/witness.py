"""Which ends of a subject's operations are really reached: a short scripted scenario of real operations.

The prover asks this so that nothing it proves is vacuous: every precondition is met by a state
that running code reaches, and every end of a function that a proof speaks of is an end that
running code comes to.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from model.language.logic import Subject
from proofs import registry
from proofs.checking import derived
from proofs.checking.campaign import CheckResult, shown
from proofs.checking.ends import EndRecorder
from proofs.checking.recorder import Witnesses, nothing_reached
from proofs.checking.violation import Violation
from proofs.checking.world import World
from proofs.engine.lineage import files_of

Opening = Callable[..., Any]
"""Opens a world whose operations are recorded: ``Opening(frames)``."""
Story = Callable[[Opening], None]


class NoStory(registry.Mistake):
    """A subject of which nothing is known to be reached."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} has no story, and none can be made up: its record names no world, and no scenario")


def told_of(subject: str) -> tuple[type[Any], Story] | None:
    """The world in which a subject's story is played, and the story, every clause checked; None if it has none."""
    record = registry.record_of(subject)
    if registry.is_unwritten(subject) and derived.derivable(subject):
        own = [registry.live(subject, "story").story] if registry.has_live(subject, "story") else []
        return derived.world_of(subject), partial(_in_turn, [*own, derived.story])
    if not record.world:
        return None
    return getattr(registry.live(subject, "world"), record.world), registry.live(subject, "story").story


def _in_turn(stories: Sequence[Story], opening: Opening) -> None:
    """One story after the other."""
    for story in stories:
        story(opening)


def run_of(subject: str) -> Callable[[], Witnesses] | None:
    """The plain run of a subject, in which only what its calls start from is checked; None if it has none."""
    if not registry.record_of(subject).scenario:
        return None
    run: Callable[[], Witnesses] = registry.live(subject, "scenario").witness
    return run


class Claimed(Protocol):
    """Anything that names a subject: a Proof or a Bench."""

    @property
    def subject(self) -> Subject:
        """The subject."""


def witness(proof: Claimed) -> Witnesses:
    """Play the scenario of ``proof.subject``; what it reached.

    Violation if the scenario is played in a world and the code does not keep its contract even there.
    """
    run = run_of(proof.subject.name)
    return run() if run else told(proof.subject)


def reached(proof: Claimed) -> tuple[Witnesses, str, str]:
    """What the scenario of ``proof.subject`` reached, and why it ended early; "" if it came to its end.

    At last the theorem that it broke, which may be one of a subject below; "" if it broke none.
    """
    subject = proof.subject
    found = nothing_reached(subject)
    try:
        run = run_of(subject.name)
        found = run() if run else told(subject, found)
    except NoStory as error:
        return found, str(error), ""
    except Exception as error:  # the code breaks its contract, or behaves so differently that the scenario fails
        place = registry.place_in_project(error)
        broken = error.theorem if isinstance(error, Violation) else ""
        return found, f"{place + ': ' if place else ''}{type(error).__name__}: {error}", broken
    return found, "", ""


def told(subject: Subject, found: Witnesses | None = None) -> Witnesses:
    """Play the story of ``subject`` in a world; what it reached, noted in ``found``.  Violation as for ``witness``."""
    world_and_story = told_of(subject.name)
    if world_and_story is None:
        raise NoStory(subject.name)
    kind, story = world_and_story
    found = found or nothing_reached(subject)

    def opening(frames: int = 128) -> World:
        world: World = kind(frames)
        world.checked.around = lambda name: _recorded(found, name, world)
        return world

    story(opening)
    return found


def scripted_violation(name: str, edition: types.ModuleType | None, short: bool = True) -> CheckResult:
    """Play the story of a subject on an edition of it; the violation that it meets, if any, with its script.

    The script is ``short`` if asked for, which takes a while.  A plain scenario checks no clause, so it violates none.
    """
    worlds, violation = play(name, edition)
    steps = sum(len(world.journal) for world in worlds)
    if violation is None:
        return CheckResult(steps, 0)
    return shown(CheckResult(steps, 0, violation), worlds[-1], edition, short, lower=False)


def play(name: str, edition: types.ModuleType | None) -> tuple[list[World], Violation | None]:
    """Play the story of a subject on an edition of it; its worlds, and the violation that the last one met, if any."""
    world_and_story = told_of(name)
    if world_and_story is None:
        return [], None
    kind, story = world_and_story
    worlds: list[World] = []

    def opening(frames: int = 128) -> World:
        worlds.append(kind(frames, edition))
        return worlds[-1]

    try:
        story(opening)
    except Violation as violation:
        return worlds, violation
    except Exception:
        return [], None  # the edition behaves so differently that the scenario makes no sense
    return worlds, None


@contextmanager
def _recorded(found: Witnesses, name: str, world: World) -> Iterator[None]:
    """Records the ends of one call, and of the calls by contract inside; their preconditions hold by then."""
    subject = world.bench.subject
    sealed = [operation.name for operation in subject.operations if operation.changes is not None]
    recorder = EndRecorder(files_of(world.bench.module), sealed)
    try:
        with recorder:
            yield
    finally:
        for reached, ends in {name: {recorder.end}, **recorder.inner}.items():
            if reached not in found.operations:
                continue  # the story needs it, but nothing is claimed of it
            operation = found.operations[reached]
            operation.calls += 1
            operation.satisfied += 1
            operation.ends |= ends
