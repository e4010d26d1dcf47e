"""The subjects that there are: every folder of proofs/ that holds a record (record.py).

Folders named in the environment variable DRYSTONE_PATH may hold more subjects, in the same three packages model/,
impl/ and proofs/.  Modules are imported when they are asked for, so that the command line starts quickly.  What
proves nothing is imported by its name alone: nothing of the kernel imports it.

TRUSTED: the proof of a subject is the one that bears its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import impl
import model
import proofs
from proofs.record import Record

if TYPE_CHECKING:
    from model.language.logic import Subject
    from proofs.engine.operation import Proof

PATH = "DRYSTONE_PATH"
PACKAGES = (model, impl, proofs)


class Mistake(Exception):
    """What was asked for cannot be done as it was asked: one line tells why."""


class UnknownSubject(Mistake):
    """A name that is no subject."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no subject is called {name!r}; there are: {', '.join(SUBJECTS)}")


class NoRecord(Mistake):
    """A subject's record, or a folder that should hold some, that cannot be read."""


class Subjects(Mapping[str, Record]):
    """Subject -> its record, in the order of dependence; looked up when first asked for."""

    def __getitem__(self, name: str) -> Record:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    @cached_property
    def _records(self) -> dict[str, Record]:
        for folder in outside():
            _extend(folder)
        found: dict[str, Path] = {}
        for file in (file for part in proofs.__path__ for file in sorted(Path(part).glob("*/record.py"))):
            if found.setdefault(file.parent.name, file) is not file:
                raise NoRecord(f"two subjects are called {file.parent.name}: {found[file.parent.name]} and {file}")
        records = {name: _read(name, file) for name, file in found.items()}
        return dict(sorted(records.items(), key=lambda item: (item[1].place, item[0])))


def outside() -> list[Path]:
    """The folders outside the project that hold more subjects."""
    return [Path(name).resolve() for name in os.environ.get(PATH, "").split(os.pathsep) if name]


def _extend(folder: Path) -> None:
    """Modules of the three packages are looked for in that folder, too, after the project's own."""
    parts = {package: folder / package.__name__ for package in PACKAGES}
    if missing := [f"{part.name}/" for part in parts.values() if not part.is_dir()]:
        raise NoRecord(f"{PATH} names {folder}, which holds no {', '.join(missing)}")
    for package, part in parts.items():
        if str(part) not in package.__path__:
            package.__path__.append(str(part))


def _read(name: str, file: Path) -> Record:
    try:
        record = import_module(f"proofs.{name}.record").RECORD
    except Exception as error:
        raise NoRecord(f"{file} cannot be read: {type(error).__name__}: {error}") from error
    if not isinstance(record, Record):
        raise NoRecord(f"{file}: RECORD is no proofs.record.Record")
    return record


SUBJECTS: Mapping[str, Record] = Subjects()
"""All subjects."""


def record_of(name: str) -> Record:
    """The record of a subject."""
    if name not in SUBJECTS:
        raise UnknownSubject(name)
    return SUBJECTS[name]


def proof_of(name: str) -> Proof:
    """The proof of a subject."""
    record_of(name)
    proof: Proof = import_module(f"proofs.{name}.proof").PROOF
    return proof


def public_of(name: str) -> Subject:
    """What a subject promises: its invariants and its public operations."""
    record_of(name)
    public: Subject = import_module(f"model.{name}.contract").PUBLIC
    return public


def known(name: str) -> Proof | None:
    """The proof of a subject; None if there is no such subject."""
    return proof_of(name) if name in SUBJECTS else None


def implementation_of(name: str) -> ModuleType:
    """The module that runs."""
    return import_module(record_of(name).code or f"impl.{name}")


def loaded(name: str) -> Any:
    """A module of proofs/ that is no part of the kernel."""
    return import_module(f"proofs.{name}")


def live(name: str, part: str) -> Any:
    """A module of proofs/<subject>/live/, which runs the subject."""
    record_of(name)
    return import_module(f"proofs.{name}.live.{part}")


def folder_of(name: str) -> Path:
    """The folder of proofs/ that holds a subject's record."""
    record_of(name)
    return next(Path(part, name) for part in proofs.__path__ if Path(part, name, "record.py").is_file())


def has_story(name: str) -> bool:
    """Whether anything is known of a subject that runs it: a story, or a plain scenario."""
    record = record_of(name)
    return bool(record.world) or record.scenario


def has_live(name: str, part: str) -> bool:
    """Whether there is such a module of proofs/<subject>/live/."""
    return (folder_of(name) / "live" / f"{part}.py").is_file()


class NoRules(Mistake):
    """A subject of which no random histories can be made up."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no random histories: there is no proofs/{name}/live/rules.py")


def checker_of(name: str) -> Any:
    """The module that checks a subject: ``check(steps, seed, edition, progress)``."""
    if not has_live(name, "rules"):
        raise NoRules(name)
    return live(name, "rules")


def subjects_of(patterns: tuple[str, ...]) -> list[str]:
    """The subjects that patterns speak of ("segment_heap.free.*"), in order; all of them without a pattern."""
    wanted = set()
    for pattern in patterns:
        name = pattern.split(".")[0]
        if any(c in name for c in "*?["):
            wanted |= set(SUBJECTS)
        elif name not in SUBJECTS:
            raise UnknownSubject(name)
        else:
            wanted.add(name)
    return [name for name in SUBJECTS if not patterns or name in wanted]
