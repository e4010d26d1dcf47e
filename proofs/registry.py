"""The subjects that there are: where each one's proof and its checker live.

Modules are imported when they are asked for, so that the command line starts quickly.  What proves nothing is
imported by its name alone: nothing of the kernel imports it.

TRUSTED: the proof of a subject is the one that bears its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.language.logic import Subject
    from proofs.engine.operation import Proof

SUBJECTS: Mapping[str, str] = {
    "frame_allocator": "proofs.checking.frame_allocator_machine",
    "address_space": "proofs.checking.address_space_machine",
    "virtual_memory": "proofs.checking.virtual_memory_machine",
    "segment_heap": "proofs.checking.segment_heap_machine",
    "block_heap": "proofs.checking.block_heap_machine",
    "bin_heap": "proofs.checking.bin_heap_machine",
    "bucket_heap": "proofs.checking.bucket_heap_machine",
    "stack": "proofs.checking.stack_machine",
}
"""Subject -> module of its stateful checker, in the order of dependence.

The proof is ``proofs.<subject>.proof``.
"""

CHECKED_ONLY: Mapping[str, str] = {}
"""What a stateful checker runs without there being a proof -> its module."""


class Mistake(Exception):
    """What was asked for cannot be done as it was asked: one line tells why."""


class UnknownSubject(Mistake):
    """A name that is no subject."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no subject is called {name!r}; there are: {', '.join(SUBJECTS)}")


def proof_of(name: str) -> Proof:
    """The proof record of a subject."""
    if name not in SUBJECTS:
        raise UnknownSubject(name)
    proof: Proof = import_module(f"proofs.{name}.proof").PROOF
    return proof


def public_of(name: str) -> Subject:
    """What a subject promises: its invariants and its public operations."""
    if name not in SUBJECTS:
        raise UnknownSubject(name)
    public: Subject = import_module(f"model.{name}.contract").PUBLIC
    return public


def known(name: str) -> Proof | None:
    """The proof record of a subject; None if there is no such subject."""
    return proof_of(name) if name in SUBJECTS else None


def implementation_of(name: str) -> ModuleType:
    """The module that runs; of the whole stack the one that names all heaps."""
    return import_module("impl.heaps" if name == "stack" else f"impl.{name}")


def loaded(name: str) -> Any:
    """A module of proofs/ that is no part of the kernel."""
    return import_module(f"proofs.{name}")


def checker_of(name: str) -> Any:
    """The module that checks a subject: ``check(steps, seed, edition, progress)``."""
    if name not in SUBJECTS and name not in CHECKED_ONLY:
        raise UnknownSubject(name)
    return import_module(SUBJECTS.get(name) or CHECKED_ONLY[name])


def subjects_of(patterns: tuple[str, ...]) -> list[str]:
    """The subjects that patterns speak of ("segment_heap.free.*"), in order; all of them without a pattern."""
    return _chosen(patterns, list(SUBJECTS))


def _chosen(patterns: tuple[str, ...], subjects: list[str]) -> list[str]:
    """Those of ``subjects`` that patterns speak of, in order; all of them without a pattern."""
    wanted = set()
    for pattern in patterns:
        name = pattern.split(".")[0]
        if any(c in name for c in "*?["):
            wanted |= set(subjects)
        elif name not in subjects:
            raise UnknownSubject(name)
        else:
            wanted.add(name)
    return [name for name in subjects if not patterns or name in wanted]


def checkable_of(patterns: tuple[str, ...]) -> list[str]:
    """The subjects that ``patterns`` speak of and a checker runs."""
    return _chosen(patterns, list({**SUBJECTS, **CHECKED_ONLY}))
