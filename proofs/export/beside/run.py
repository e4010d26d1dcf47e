"""One run, in a child process: a crash of the C ends that, and what was done by then is known."""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import time
import traceback
from pathlib import Path
from random import Random

from proofs import registry
from proofs.export.beside.both import Both, Difference, Faulty, Recorder
from proofs.export.beside.history import History
from proofs.export.beside.replaying import replayed
from proofs.export.unit import Unit

FAULTY = "FAULTY "
"""So begins what is told of a history that made a call which the Python is not made for."""


def history_of(subject: str) -> type[History]:
    """The histories of a subject."""
    if not registry.has_live(subject, "export"):
        return History
    found: type[History] = registry.live(subject, "export").Beside
    return found


def run(unit: Unit, library: str, steps: int, seed: int, progress: Path, trace: str) -> dict[str, object]:
    """Play a history, or a trace; what was found."""
    random = Random(seed)
    kind = history_of(unit.program.subject)
    memory = Recorder(kind.window_for(trace), random)
    both = Both(unit, library, memory, 0)
    found: dict[str, object] = {"difference": ""}
    began = time.monotonic()
    with open(progress, "wb", buffering=0) as file:
        try:
            history = kind(both, random)
            if trace:
                found |= replayed(history, trace, steps, lambda: _note(file.fileno(), both.steps))
            while not trace and both.steps < steps:
                _note(file.fileno(), both.steps)
                history.step()
            both.look("at the end")
        except Difference as difference:
            found["difference"] = str(difference)
    dump = getattr(ctypes.CDLL(library), "glue_dump", None)
    if dump is not None:
        dump()
    called = sorted(both.called)
    seconds = round(time.monotonic() - began, 2)
    return found | {"steps": both.steps, "compared": both.compared, "called": called, "seconds": seconds}


def _note(file: int, steps: int) -> None:
    os.pwrite(file, steps.to_bytes(8, "little"), 0)


def child(unit: Unit, library: str, steps: int, seed: int, progress: Path, trace: str) -> None:
    """``run``, its result in a file beside ``progress``; the process ends here."""
    faulthandler.disable()  # a crash of the C is told by the process that waits, not by a dump of this one
    status = 1
    try:
        found = run(unit, library, steps, seed, progress, trace)
        progress.with_suffix(".json").write_text(json.dumps(found))
        status = 0
    except Faulty as error:
        progress.with_suffix(".error").write_text(f"{FAULTY}{error}")
    except BaseException:  # whatever it is, it is told by the process that waits
        progress.with_suffix(".error").write_text(traceback.format_exc())
    finally:
        os._exit(status)
