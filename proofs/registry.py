"""The subjects that there are: where each one's proof and its checker live.

Modules are imported when they are asked for, so that the command line starts quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs.engine.operation import Proof

SUBJECTS: Mapping[str, str] = {
    "segment_heap": "proofs.checking.segment_heap_machine",
    "block_heap": "proofs.checking.block_heap_machine",
}
"""Subject -> module of its stateful checker; the proof is ``proofs.<subject>``, in the order of dependence."""


class UnknownSubject(Exception):
    """A name that is no subject."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no subject is called {name!r}; there are: {', '.join(SUBJECTS)}")


def proof_of(name: str) -> Proof:
    """The proof record of a subject."""
    if name not in SUBJECTS:
        raise UnknownSubject(name)
    proof: Proof = import_module(f"proofs.{name}").PROOF
    return proof


def checker_of(name: str) -> Any:
    """The module that checks a subject: ``check(steps, seed, edition, progress)``."""
    if name not in SUBJECTS:
        raise UnknownSubject(name)
    return import_module(SUBJECTS[name])


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
