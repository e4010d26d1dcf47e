"""One run in a process of its own: a crash of the C ends it, and what was done by then is known.

python -m proofs.export.beside.run SUBJECT LIBRARY STEPS SEED PROGRESS [TRACE]
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from pathlib import Path
from random import Random

from proofs import registry
from proofs.export.beside.both import Both, Difference, Recorder
from proofs.export.beside.history import History
from proofs.export.beside.replaying import replayed
from proofs.export.unit import unit_of


def history_of(subject: str) -> type[History]:
    """The histories of a subject."""
    if not registry.has_live(subject, "export"):
        return History
    found: type[History] = registry.live(subject, "export").Beside
    return found


def run(subject: str, library: str, steps: int, seed: int, progress: str, trace: str = "") -> dict[str, object]:
    """Play a history, or a trace; what was found."""
    random = Random(seed)
    kind = history_of(subject)
    memory = Recorder(kind.window_for(trace), random)
    both = Both(unit_of(subject), library, memory, 0)
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


if __name__ == "__main__":
    subject, library, steps, seed, progress, *trace = sys.argv[1:]
    found = run(subject, library, int(steps), int(seed), progress, *trace)
    Path(f"{progress}.json").write_text(json.dumps(found))
