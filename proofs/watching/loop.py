"""The loop of ``drystone prove --watch``: wait, prove what the edit touches, then what may rest on it.

Every answer is the plain command's, in a process that begins after the edit: what it imports is what it hashes, and
what it proves.  Nothing of an earlier round can be taken for it.  An edit ends the round that is under way.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
from watchfiles import watch as changes

from proofs.watching.files import Watched

DEBOUNCE, STEP, POLL = 120, 20, 100
"""Milliseconds: what is saved at once is one edit; how often it is looked whether a round is over."""
OPTION = "watch"
ALONE = "--only"
EVERYTHING = "everything that is selected"


class Stage(NamedTuple):
    """What one round proves, and words for it; ``alone``: without what that rests on."""

    select: tuple[str, ...]
    what: str
    alone: bool = False

    def words(self, options: Sequence[str]) -> list[str]:
        """As the command line has it, beside the ``options``."""
        return [*([ALONE] if self.alone and ALONE not in options else []), *self.select]


class Round:
    """One run of the plain command, and why; ``since`` is when the edit was seen."""

    def __init__(self, words: Sequence[str], what: str, since: float) -> None:
        self.what, self.since = what, since
        self._process = subprocess.Popen([*_command(), *words])

    @property
    def status(self) -> int | None:
        """How it ended; None while it goes on."""
        return self._process.poll()

    def end(self) -> None:
        """End it, if it goes on: its own child, and workers, end with it."""
        if self.status is None:
            self._process.kill()
        self._process.wait()


def watch(select: tuple[str, ...]) -> int:
    """Prove, and again after every edit, until interrupted; the status of the last answer."""
    context = click.get_current_context()
    options, status = given(context), 0
    files = Watched(context.params["source"])
    waiting = deque([Stage(select, EVERYTHING)])
    since, running = time.monotonic(), None
    _say(f"watching {len(files)} files; Ctrl-C ends")
    try:
        for seen in changes(
            *files.folders,
            watch_filter=lambda _, path: files.wanted(path),
            debounce=DEBOUNCE,
            step=STEP,
            rust_timeout=POLL,
            yield_on_timeout=True,
        ):
            edited = files.edited(Path(path) for _, path in seen)
            if edited:
                if running:
                    running.end()
                running, since = None, time.monotonic()
                waiting = deque(stages(files, edited, select))
                _say(f"{', '.join(map(files.shown, edited[:3]))}{' and others' * (len(edited) > 3)} changed")
            if running and running.status is not None:
                status = running.status
                _say(f"{running.what}: answered after {time.monotonic() - running.since:.1f} s")
                running = None
            if running is None and waiting:
                stage = waiting.popleft()
                running = Round(["prove", *options, *stage.words(options)], stage.what, since)
    except KeyboardInterrupt:
        _say("ended")
    finally:
        if running:
            running.end()
    return status


def stages(files: Watched, edited: Sequence[Path], select: tuple[str, ...]) -> list[Stage]:
    """What to prove, one after the other: what the edit touches, then its subject, then all that is selected.

    The operations whose code was edited come alone, without what they rest on: PROVED IF, or REFUTED.
    """
    first = _operations(files, edited, select)
    return [*first, *_subjects(files, edited, select)]


def _operations(files: Watched, edited: Sequence[Path], select: tuple[str, ...]) -> list[Stage]:
    """The operations that the edit of one program touches, if it can be told and nobody asked for less."""
    touched = files.operations(edited[0]) if len(edited) == 1 else ()
    owner = files.owner(edited[0])
    if not touched or (select and owner not in select):
        return []
    return [Stage(tuple(f"{owner}.{name}" for name in touched), f"{owner}: {', '.join(touched)}", alone=True)]


def _subjects(files: Watched, edited: Sequence[Path], select: tuple[str, ...]) -> list[Stage]:
    everything = Stage(select, EVERYTHING)
    owners = list(dict.fromkeys(map(files.owner, edited)))
    if "" in owners:
        return [everything]
    narrow = tuple(pattern for pattern in select if pattern.split(".")[0] in owners) if select else tuple(owners)
    if not narrow:
        return [everything]
    if set(narrow) == set(select) or (not select and _only(files, owners)):
        return [Stage(narrow, ", ".join(narrow))]
    return [Stage(narrow, ", ".join(narrow)), everything]


def _only(files: Watched, owners: Sequence[str]) -> bool:
    """Whether these are all subjects that the command looks at by default."""
    return {name for home in files.projects for name, _ in home.packages} == set(owners)


def given(context: click.Context) -> list[str]:
    """The options of the command line as they were given, but ``--watch``."""
    words: list[str] = []
    for option in context.command.params:
        name = option.name or ""
        told = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if isinstance(option, click.Option) and told and name != OPTION:
            value = context.params[name]
            words += [option.opts[0]] if option.is_flag else [option.opts[0], str(value)]
    return words


def _command() -> list[str]:
    """How this command was called, without its own arguments."""
    before = len(sys.orig_argv) - len(sys.argv[1:])
    return [sys.executable, *sys.orig_argv[1:before]]


def _say(text: str) -> None:
    click.echo(f"-- {time.strftime('%H:%M:%S')} {text}", err=True)
