"""The process of a worker that answers calls: it takes a request only from one of its own identity.

TRUSTED where calls are answered elsewhere: an answer is what the named function returned.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from proofs import registry
from proofs.engine.process import keep_memory
from proofs.engine.workers import Pool
from proofs.remote.identity import Identity, own


@dataclass(frozen=True)
class Request:
    """Calls of one function ("module:name"), packed, so that a stranger need not look into them."""

    identity: Identity
    function: str
    calls: tuple[bytes, ...]
    patience: float
    apart: bool


@dataclass(frozen=True)
class Lost:
    """What is said of a call that gave no result."""

    reason: str
    hung: bool


@dataclass(frozen=True)
class Stranger:
    """Who refused to answer, and in what the two differ."""

    where: str
    differences: tuple[str, ...]


Outcome = Sequence[Any] | Stranger
"""A result, or Lost, for each call."""


def main() -> None:
    """Answer request after request on standard input, until it is closed."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a call prints is no answer
    keep_memory()
    warm()
    us = own()
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        found = outcome(pickle.loads(request), us)
        pickle.dump((isinstance(found, Stranger), pickle.dumps(found)), out)
        out.flush()


def warm() -> None:
    """Load what calls need, so that their forks have it; what cannot be loaded is told by the call that needs it."""
    for name in registry.subjects_of(()):
        with suppress(Exception):
            registry.proof_of(name)


def outcome(request: Request, us: Identity) -> Outcome:
    """The results of a request's calls, made in a fork of this process, or, kept apart, in a fork each."""
    if differences := request.identity.differences(us):
        return Stranger(f"{os.uname().nodename}:{os.getpid()}", tuple(differences))
    module, name = request.function.split(":")
    try:
        function = getattr(import_module(module), name)
        calls = [pickle.loads(call) for call in request.calls]
    except Exception as error:
        return [Lost(f"it cannot be made there: {type(error).__name__}: {error}", False)] * len(request.calls)
    with Pool(1 if request.apart else 2, request.patience, request.apart) as pool:
        return list(pool.each(function, calls, lambda number, reason, hung: Lost(reason, hung)))
