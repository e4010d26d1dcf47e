"""How a run of the prover goes about it.

TRUSTED: what a run is told to leave out, it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any, Protocol

from proofs.checking.ends import End
from proofs.engine.cache import Cache
from proofs.engine.closure import Closure
from proofs.engine.lineage import by_module
from proofs.engine.operation import Proof
from proofs.engine.workers import Pool

Progress = Callable[[int, int], None]
"""Called with (obligations done, obligations in all)."""


class Runs(Protocol):
    """What looks for runs of the real code that break theorems, while these are being proved."""

    def look_for(self, subjects: Collection[str]) -> None:
        """Theorems of these subjects stay open at first sight."""

    def broken(self, wait_for: Collection[str] = ()) -> Mapping[str, Collection[str]]:
        """The subjects of which a run is known that breaks them, each with the theorems that it breaks.

        Of some subjects it is waited until that can be told.
        """


Witnessed = Mapping[str, frozenset[End]]
"""Operation ("segment_heap.free") -> the ends that running code came to."""


@dataclass(frozen=True)
class Story:
    """A scripted run that is still to be played, in a process of its own; what stands for it if that is ``lost``."""

    play: Callable[[], Any]
    lost: Callable[[str], Any]


class Stories(Protocol):
    """The scripted runs of subjects, which come to the ends of their operations."""

    def unplayed(self, subjects: Sequence[str]) -> list[Story]:
        """Those of these subjects that must be played, the longest first; nothing is known yet of what they come to."""

    def ends(self, played: Sequence[Any]) -> Witnessed:
        """The ends that the stories of the subjects come to that were asked for last, with what was ``played``."""


@dataclass
class Options:
    """How to run: worker processes, cache, solver seed, variants of sources, what running code reached.

    ``sources`` maps a subject, or the name of a module that is part of one ("impl.regions"), to a text.

    ``witnessed`` are the ends that running code came to; a subject without any entry is not checked for vacuity.
    ``stories`` are runs that tell those of some subjects, when they are first needed; they enter who ended ``early``.

    ``resolve`` gives the proof of a subject that the selected theorems rest on, if it is known.  What they rest on is
    proved, too, unless ``only`` the selected ones are asked for: then they are PROVED IF.
    """

    jobs: int = 2
    cache: Cache = field(default_factory=lambda: Cache(None))
    seed: int = 0
    sources: Mapping[str, str] = field(default_factory=dict)
    witnessed: Witnessed = field(default_factory=dict)
    executing: Progress = lambda done, total: None
    """Told how many of the operations and scenarios of a round were executed."""
    progress: Progress = lambda done, total: None
    """Told how many of the obligations are answered."""
    stories: Stories | None = None
    early: set[str] = field(default_factory=set)
    resolve: Callable[[str], Proof | None] = lambda subject: None
    only: bool = False
    search: int | None = None
    """Random operations on the real allocator, at least, before a search for a run that shows a failure is given up.

    None leaves it to what the operations of the subject cost (proofs/checking/evidence.py)."""
    runs: Runs | None = None
    """Looks for such runs meanwhile; None if nobody does."""
    closure: Closure = field(init=False)
    scheduler: Any = None
    """The workers of other machines that make calls in place of processes of this one; None if there are none."""

    def __post_init__(self) -> None:
        self.closure = Closure(self.cache)
        self.cache.counted = self.closure.counted

    def pool(self, calls: Sized) -> Any:
        """What solves obligations: processes here, or workers elsewhere; nothing is begun where no call is."""
        if self.scheduler is not None and calls:
            return self.scheduler.pool()
        return Pool(self.jobs if calls else 1)

    @property
    def witnessed_subjects(self) -> set[str]:
        """Subjects whose ends were looked for."""
        return {name.split(".")[0] for name in self.witnessed}

    def ends_of(self, subject: str, operation: str) -> frozenset[End] | None:
        """The ends of an operation that were reached; None if nobody looked for those of its subject."""
        if subject not in self.witnessed_subjects:
            return None
        return self.witnessed.get(f"{subject}.{operation}", frozenset())

    def sources_of(self, proof: Proof) -> dict[str, str]:
        """The variants that a subject may consist of: its own, those of its parts, and of any module of a package.

        What is given for the subject may be the text of any file of its class.
        """
        names = (proof.subject.name, *(part.__name__ for part in proof.parts))
        known = {name: text for name, text in self.sources.items() if name in names or "." in name}
        return by_module(proof.module, proof.subject.name, known)
