"""``drystone export --check``: each build of the C beside the Python, and what came of it."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from proofs.export.beside.building import Build, build, compiler
from proofs.export.beside.run import FAULTY, child
from proofs.export.unit import Unit
from proofs.registry import Mistake, folder_of

SECONDS, PER_SECOND = 600, 200
"""A run that takes longer does not end; a long one, if it makes fewer calls a second."""


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
    arguments = (unit, str(built.library), steps, seed, progress, trace)
    process = multiprocessing.get_context("fork").Process(target=child, args=arguments)
    process.start()
    process.join(max(seconds, steps // PER_SECOND))
    if process.is_alive():
        process.kill()
        process.join()
        return Found(kind, _steps(progress), 0, f"step {_steps(progress) + 1}: the C does not come to an end")
    code = process.exitcode or 0
    if code < 0:
        ended = signal.Signals(-code).name
        return Found(kind, _steps(progress), 0, f"step {_steps(progress) + 1}: the C ended the process: {ended}")
    if code:
        said = progress.with_suffix(".error").read_text()
        if said.startswith(FAULTY):
            where = folder_of(unit.program.subject) / "live" / "export.py"
            call = said.removeprefix(FAULTY)
            raise Mistake(
                f"a call that the contract does not speak of ({call}): write {where}, whose Beside makes others"
            )
        raise Mistake(f"the run ended in an error of its own:\n{said[-2000:]}")
    found = json.loads(progress.with_suffix(".json").read_text())
    found["called"] = tuple(found["called"])
    return Found(kind, **found)


def _steps(progress: Path) -> int:
    return int.from_bytes(progress.read_bytes()[:8], "little")


def counts_lines() -> bool:
    """Whether it can be counted here which lines are executed."""
    return shutil.which("gcov") is not None and "clang" not in compiler()


def covered(unit: Unit, built: Build) -> tuple[int, int, list[str]]:
    """How many lines of the C the runs of a build "coverage" executed, of how many; and those that they did not."""
    name = f"{unit.prefix}.c"
    done = subprocess.run(["gcov", "-t", name], cwd=built.folder, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if re.match(r" *(\d+\*?|#####|=====):", line)]
    missed = [
        line.split(":", 2)[1].strip() + ": " + line.split(":", 2)[2].strip() for line in lines if "#####:" in line
    ]
    return len(lines) - len(missed), len(lines), missed
