"""``drystone export --check``: each build of the C beside the Python, and what came of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from proofs import registry
from proofs.export.beside.building import Build, build
from proofs.export.unit import Unit
from proofs.registry import Mistake

SECONDS = 600
"""A run that takes longer does not end."""


@dataclass(frozen=True)
class Found:
    """What a run found: ``difference`` says what differs first, "" for nothing; ``compared`` counts bytes."""

    build: str
    steps: int
    compared: int
    difference: str
    called: tuple[str, ...] = ()
    seconds: float = 0.0
    events: int = 0
    refused: int = 0


def checked(
    unit: Unit, kind: str, steps: int, seed: int = 0, source: str | None = None, trace: str = "", seconds: int = SECONDS
) -> Found:
    """Build the C of a unit, or a changed text of it, and run it beside the Python."""
    return ran(unit, build(unit, kind, source), kind, steps, seed, trace, seconds)


def ran(unit: Unit, built: Build, kind: str, steps: int, seed: int, trace: str = "", seconds: int = SECONDS) -> Found:
    """Run a build beside the Python, in a process of its own."""
    progress = built.folder / "progress"
    progress.write_bytes(bytes(8))
    given = [
        unit.program.subject,
        str(built.library),
        str(steps),
        str(seed),
        str(progress),
        *([trace] if trace else []),
    ]
    command = [sys.executable, "-m", "proofs.export.beside.run", *given]
    root = Path(__file__).parent.parent.parent.parent
    try:
        folders = os.pathsep.join(str(folder) for folder in registry.outside())
        environment = {**os.environ, registry.PATH: folders}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, cwd=root, env=environment
        )
    except subprocess.TimeoutExpired:
        return Found(kind, _steps(progress), 0, f"step {_steps(progress) + 1}: the C does not come to an end")
    if done.returncode < 0:
        ended = signal.Signals(-done.returncode).name
        return Found(kind, _steps(progress), 0, f"step {_steps(progress) + 1}: the C ended the process: {ended}")
    if done.returncode:
        raise Mistake(f"the run ended in an error of its own:\n{done.stderr[-2000:]}")
    found = json.loads(Path(f"{progress}.json").read_text())
    found["called"] = tuple(found["called"])
    return Found(kind, **found)


def _steps(progress: Path) -> int:
    return int.from_bytes(progress.read_bytes()[:8], "little")


def coverage(unit: Unit, steps: int, seed: int = 0) -> tuple[int, int, list[str]]:
    """How many lines of the C a history executes, of how many; and those that it does not."""
    built = build(unit, "coverage")
    found = ran(unit, built, "coverage", steps, seed)
    if found.difference:
        raise Mistake(found.difference)
    name = f"{unit.prefix}.c"
    done = subprocess.run(["gcov", "-t", name], cwd=built.folder, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if re.match(r" *(\d+\*?|#####|=====):", line)]
    missed = [
        line.split(":", 2)[1].strip() + ": " + line.split(":", 2)[2].strip() for line in lines if "#####:" in line
    ]
    return len(lines) - len(missed), len(lines), missed
