"""The subjects that there are: every folder of proofs/ that holds a record (record.py), and those of projects.

A project is a folder of somebody's own (project.py).  Modules are imported when they are asked for, so that the
command line starts quickly.  What proves nothing is imported by its name alone: nothing of the kernel imports it.

TRUSTED: the proof of a subject is the one that bears its name.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import proofs
from model.language.words import WORD_BITS
from proofs import project
from proofs.project import BadProject, Mistake
from proofs.record import Record

if TYPE_CHECKING:
    from model.language.logic import Subject
    from proofs.engine.operation import Proof

__all__ = ["BadProject", "Mistake"]


class UnknownSubject(Mistake):
    """A name that is no subject."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no subject is called {name!r}; there are: {', '.join(SUBJECTS)}")


class OnlyWide(Mistake):
    """A subject that has no words of 32 bits."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has words of 64 bits only: {SUBJECTS[name].wide}")


class NoRecord(Mistake):
    """A subject's record that cannot be read."""


class Unusable(Mistake):
    """A subject of a project whose own modules cannot be imported, or do not hold what they should."""


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
        places = [file.parent for part in proofs.__path__ for file in sorted(Path(part).glob("*/record.py"))]
        records = {place.name: _read(f"{proofs.__name__}.{place.name}", place) for place in places}
        where = {place.name: place for place in places}
        for name, home, package in project.found():
            place = home.place(package)
            if where.setdefault(name, place) is not place:
                raise NoRecord(f"two subjects are called {name}: {where[name]} and {place}")
            records[name] = _read(package, place) if (place / "record.py").is_file() else Record()
        return dict(sorted(records.items(), key=lambda item: (item[1].place, item[0])))


def _read(package: str, place: Path) -> Record:
    file = place / "record.py"
    try:
        record = import_module(f"{package}.record").RECORD
    except Exception as error:
        raise NoRecord(f"{file} cannot be read: {type(error).__name__}: {error}") from error
    if not isinstance(record, Record):
        raise NoRecord(f"{file}: RECORD is no {Record.__module__}.Record")
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
    package = project.package_of(name)
    if package is not None and not (folder_of(name) / "proof.py").is_file():
        read: Proof = _read_off(name, package)
        return read
    proof: Proof = _part(name, f"proofs.{name}.proof", "proof", "PROOF")
    return proof


def public_of(name: str) -> Subject:
    """What a subject promises: its invariants and its public operations."""
    record_of(name)
    public: Subject = _part(name, f"model.{name}.contract", "model", "PUBLIC")
    return public


def _part(name: str, module: str, part: str, constant: str) -> Any:
    """What a module of a subject calls so: of one of this tree the module named, of a project's the part."""
    package = project.package_of(name)
    if package is None:
        return getattr(import_module(module), constant)
    return _own(f"{package}.{part}", constant)


def _read_off(name: str, package: str) -> Any:
    """The proof of a subject of a project that has no proof.py: it is read from code and model (plain.py)."""
    public = public_of(name)
    try:
        return loaded("plain").read_off(public, implementation_of(name), import_module(f"{package}.model"))
    except Mistake:
        raise
    except Exception as error:
        raise Unusable(f"{package} cannot be proved: {cause_of(error)}") from error


def _own(module: str, constant: str) -> Any:
    """What a module of a project calls so; Unusable says in one line why it cannot be had, and where."""
    try:
        found = import_module(module)
    except Exception as error:
        raise Unusable(f"{module} cannot be imported: {cause_of(error)}") from error
    if not hasattr(found, constant):
        raise Unusable(f"{found.__file__} defines no {constant}")
    return getattr(found, constant)


def cause_of(error: BaseException) -> str:
    """What an error says, and the line of a project at which it came, if it came in one."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    place = place_in_project(error)
    return f"{type(error).__name__}: {error}" + (f" ({place})" if place else "")


def place_in_project(error: BaseException) -> str:
    """The innermost line of a project's own files at which an error came; "" if it came in none."""
    folders = [str(home.source / top) for home in project.projects() for top in home.tops]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(tuple(folders))]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def known(name: str) -> Proof | None:
    """The proof of a subject; None if there is no such subject."""
    return proof_of(name) if name in SUBJECTS else None


def implementation_of(name: str) -> ModuleType:
    """The module that runs."""
    package = project.package_of(name)
    return import_module(record_of(name).code or (f"impl.{name}" if package is None else f"{package}.impl"))


def state_of(name: str) -> ModuleType | None:
    """The module that says what the abstract state of a subject is; None if it has none of its own."""
    if (package := project.package_of(name)) is not None:
        return import_module(f"{package}.model")
    try:
        return import_module(f"model.{name}.state")
    except ModuleNotFoundError:
        return None


def loaded(name: str) -> Any:
    """A module of proofs/ that is no part of the kernel."""
    return import_module(f"proofs.{name}")


def live(name: str, part: str) -> Any:
    """A module of proofs/<subject>/live/, which runs the subject."""
    record_of(name)
    return import_module(f"{project.package_of(name) or f'proofs.{name}'}.live.{part}")


def folder_of(name: str) -> Path:
    """The folder that holds what there is of a subject beside its model and its code."""
    record_of(name)
    return project.folder_of(name) or Path(next(iter(proofs.__path__)), name)


def has_story(name: str) -> bool:
    """Whether anything is known of a subject that runs it: a story, its own or one made up, or a plain scenario."""
    return not is_unwritten(name) or is_derived(name)


def is_unwritten(name: str) -> bool:
    """Whether nobody wrote a story of a subject, nor a plain scenario."""
    record = record_of(name)
    return not record.world and not record.scenario


def is_made_up(name: str) -> bool:
    """Whether all that runs a subject is made up from its contract."""
    return is_unwritten(name) and is_derived(name) and not has_live(name, "story")


def has_live(name: str, part: str) -> bool:
    """Whether there is such a module of proofs/<subject>/live/."""
    return (folder_of(name) / "live" / f"{part}.py").is_file()


def statements_of(name: str) -> tuple[Any, ...]:
    """What the documents promise of a subject, statement by statement; nothing if no document is known."""
    if not (folder_of(name) / "statements.py").is_file():
        return ()
    statements: tuple[Any, ...] = import_module(f"proofs.{name}.statements").STATEMENTS
    return statements


class NoRules(Mistake):
    """A subject of which no random histories can be made up."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no random histories: there is no {folder_of(name) / 'live' / 'rules.py'}")


def has_rules(name: str) -> bool:
    """Whether there are random histories of a subject, its own or such as can be made up."""
    return has_live(name, "rules") or is_derived(name)


def is_derived(name: str) -> bool:
    """Whether what runs a subject is made up from its contract (checking/derived.py), as far as it has nothing else."""
    return bool(loaded("checking.derived").derivable(name))


def rules_of(name: str) -> Any:
    """The module that holds the random histories of a subject, or what stands for it."""
    if has_live(name, "rules"):
        return live(name, "rules")
    if not is_derived(name):
        raise NoRules(name)
    return loaded("checking.derived").Derived(name)


def subjects_of(patterns: tuple[str, ...]) -> list[str]:
    """The subjects that patterns speak of ("segment_heap.free.*"), in order; without a pattern those at hand."""
    wanted = set() if patterns else {name for name in at_hand() if _has_word(name)}
    for pattern in patterns:
        name = pattern.split(".")[0]
        if any(c in name for c in "*?["):
            wanted |= {name for name in SUBJECTS if _has_word(name)}
        elif name not in SUBJECTS:
            raise UnknownSubject(name)
        elif not _has_word(name):
            raise OnlyWide(name)
        else:
            wanted.add(name)
    return [name for name in SUBJECTS if name in wanted]


def _has_word(name: str) -> bool:
    """Whether the subject can have the word of this process."""
    return WORD_BITS == 64 or not SUBJECTS[name].wide


def at_hand() -> list[str]:
    """The subjects of the project that the current folder lies in; outside any project all that there are."""
    near = project.at_hand()
    return [name for name in SUBJECTS if near is None or name in dict(near.packages)]
