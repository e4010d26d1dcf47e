"""What must be shown, as plain data: it can be sent to a worker and remembered in the cache.

TRUSTED: nothing that must be shown gets lost on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from proofs.checking.ends import End
from proofs.engine.batches import Batch
from proofs.engine.text import Rung
from proofs.engine.verdict import TheoremResult, Verdict

EXECUTES = "executes"
"""The theorem that stands for an operation that could not be executed."""


@dataclass(frozen=True)
class Problem:
    """One obligation as text.

    The ``rungs`` are left out if the cache knew ``key``.  ``shown`` defines a constant for each value
    that a report shows.  ``remarks`` and ``lost`` are those of the obligation (facts.py).
    """

    sentence: str
    line: str
    decisions: tuple[str, ...]
    key: str
    rungs: tuple[Rung, ...] = ()
    names: tuple[str, ...] = ()
    shown: str = ""
    remarks: tuple[str, ...] = ()
    lost: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Theorem:
    """A theorem with its obligations."""

    result: TheoremResult
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Collected:
    """All that one operation has to show, and what that ``rests`` on: theorems of others, or operations as a whole.

    ``contracts`` are the operations that it calls by a contract of its own making, each with the digest of what was
    proved of it then; ``disagreements`` say where such a contract is not that.  ``files`` were loaded while the
    operation was executed: module, path, digest.  ``functions`` of programs ``ran`` then (depends.py).
    ``ends`` are those that running code was known to come to, where they lie in their functions; None if nobody knew.
    ``batches`` are the obligations that are looked at together, of which some may be open.  Executions ``met`` these
    ends, each with the obligation that none comes there; ``baseless`` is an operation that requires a contradiction.
    """

    operation: str
    theorems: list[Theorem]
    rests: frozenset[str] = frozenset()
    contracts: tuple[tuple[str, str], ...] = ()
    disagreements: tuple[str, ...] = ()
    files: tuple[tuple[str, str, str], ...] = ()
    functions: tuple[tuple[str, str, int, Sequence[int]], ...] = ()
    ends: tuple[tuple[str, ...], ...] | None = None
    ran: tuple[str, ...] = ()
    batches: tuple[Batch, ...] = ()
    met: tuple[tuple[End, Problem], ...] = ()
    baseless: bool = False

    @property
    def failed(self) -> bool:
        """Whether the operation could not be executed."""
        results = [theorem.result for theorem in self.theorems if theorem.result.id == f"{self.operation}.{EXECUTES}"]
        return any(result.verdict is Verdict.ERROR for result in results)
