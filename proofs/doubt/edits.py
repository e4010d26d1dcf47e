"""Edits of the real allocators, a few lines each, put to the prover as another source and as if put in place."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from proofs import registry
from proofs.checking.bench import load_edition, source_with
from proofs.doubt.case import Answer, Case, Reply, by_itself, reply_of
from proofs.doubt.scenes import Scene
from proofs.engine import lineage
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict

KIND = "edits"
ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("model", "impl", "proofs")
HOME = Path(*__name__.split(".")[:-3])
"""Where in a folder on Python's path these packages lie: in drystone/, if that is what is installed."""
PATIENCE = 280
SEARCH = ("--search", "300")
"""What is refuted by a run at all is refuted early; where the prover gives up, a longer search changes nothing."""
NO_CACHE = ("--no-cache",)
ASIDE = (Verdict.PROVED, Verdict.CONDITIONAL)
"""What the prover says of the edited operation by itself: what it rests on was not edited, and is not asked for."""


@dataclass(frozen=True)
class Edit:
    """``changes`` of the subject's text, old to new; ``operations`` are asked for; ``scene`` meets the harm.

    ``arguments`` are those of the command line where the edit is put in place.
    """

    name: str
    subject: str
    statement: str
    changes: Mapping[str, str]
    operations: Sequence[str]
    scene: Scene

    @property
    def source(self) -> str:
        """The edited text."""
        module = registry.proof_of(self.subject).module
        return edited(source_with(module, next(iter(self.changes))), self.changes)

    @property
    def patterns(self) -> tuple[str, ...]:
        """What the prover is asked for."""
        return tuple(f"{self.subject}.{operation}" for operation in self.operations)

    def cases(self) -> tuple[Case, Case]:
        """The edit as another source, and put in place."""
        show = partial(shown, self)
        other = Case(f"{self.name}.source", KIND, self.statement, self.source, partial(asked, self), show)
        return other, Case(
            f"{self.name}.in_place", KIND, self.statement, self.source, partial(asked_in_place, self), show
        )


def edited(text: str, changes: Mapping[str, str]) -> str:
    """The text with each piece, which occurs once, replaced."""
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(f"the piece to replace occurs {text.count(old)} times: {old!r}")
        text = text.replace(old, new)
    return text


def shown(edit: Edit) -> str:
    """What a run of the edited module meets."""
    return edit.scene(load_edition(registry.proof_of(edit.subject).module, edit.source))


def asked(edit: Edit) -> Reply:
    """The prover's answer, the edited text given beside the subject's own."""
    options = Options(jobs=1, sources={edit.subject: edit.source}, only=True)
    return reply_of(by_itself(prove([registry.proof_of(edit.subject)], edit.patterns, options)))


# ---------------------------------------------------------------- put in place


def asked_in_place(edit: Edit) -> Reply:
    """The answer of the command, in a copy of the project that holds the edited text.

    What a run over the text as it was has left there must not be taken for what is true of the edited text.
    """
    module = lineage.edited(registry.proof_of(edit.subject).module, edit.source)
    file = Path(inspect.getfile(sys.modules[module])).resolve()
    with copied({str(file.relative_to(ROOT.resolve())): edit.source}) as folder:
        return commanded(folder, *edit.patterns, "--only", cache=left_behind(folder))


def left_behind(folder: str) -> tuple[str, ...]:
    """The cache of the last run in this tree, put into the folder, as an option; that of no cache if none is there."""
    kept, name = ROOT / ".drystone" / "cache.sqlite", "cache.sqlite"
    if not kept.is_file():
        return NO_CACHE
    shutil.copy(kept, Path(folder) / name)
    return "--cache", name


def copied(texts: Mapping[str, str]) -> Any:
    """A copy of the project in a folder of its own, some of its files with other texts; a context manager."""
    folder = tempfile.TemporaryDirectory(prefix="doubt-")
    for package in PACKAGES:
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, Path(folder.name) / HOME / package, ignore=leave)
    if HOME.parts:
        shutil.copy(ROOT / "__init__.py", Path(folder.name) / HOME)
    for name, text in texts.items():
        (Path(folder.name) / HOME / name).write_text(text)
    return folder


def commanded(folder: str, *arguments: str, cache: Sequence[str] = NO_CACHE) -> Reply:
    """What ``drystone prove`` says in a folder: success only if it ends 0, or says PROVED IF and nothing worse."""
    command = [sys.executable, "-m", "proofs.cli", "prove", "--jobs", "1", *cache, "--format", "json", *SEARCH]
    try:
        ended = subprocess.run(
            [*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return Reply(Answer.NOT_PROVED, f"no answer in {PATIENCE} s")
    try:
        theorems = json.loads(ended.stdout)["theorems"]
    except ValueError:
        lines = (ended.stderr or ended.stdout).strip().splitlines() or ["no output"]
        return Reply(Answer.NOT_PROVED if ended.returncode else Answer.PROVED, f"ends {ended.returncode}: {lines[-1]}")
    if ended.returncode == 0:
        return Reply(Answer.PROVED, f"ends 0: {len(theorems)} theorems")
    return read(ended.returncode, theorems)


def read(status: int, theorems: Sequence[Mapping[str, Any]]) -> Reply:
    """The answer that a document gives."""
    open_ = [theorem for theorem in theorems if Verdict(theorem["verdict"]) not in ASIDE]
    if not open_:
        return Reply(Answer.PROVED, f"ends {status}, of {len(theorems)} theorems that hold if others do")
    reasons = [failure["reason"] or failure["sentence"] for theorem in open_ for failure in theorem["failures"]]
    why = f"ends {status}: {open_[0]['id']} {open_[0]['verdict']}: {reasons[0] if reasons else ''}"
    if any(failure["mistake"] == "program" for theorem in open_ for failure in theorem["failures"]):
        return Reply(Answer.REFUSED, why)
    refuted = any(theorem["verdict"] == Verdict.REFUTED.value for theorem in open_)
    return Reply(Answer.REFUTED if refuted else Answer.NOT_PROVED, why)
