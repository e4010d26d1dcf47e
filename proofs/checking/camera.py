"""Takes snapshots of a live machine; two of them share whatever did not change in between."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE
from impl.layout import Struct
from impl.machine import Machine
from impl.shadow import CheckedMemory, Shadow
from proofs.checking.memory import Watch
from proofs.checking.pages import mapped_frames
from proofs.checking.state import EVERYWHERE, ClaimSet, ConcreteState, Pages, PageSet, Shown

CLEAR = bytes(PAGE_SIZE)
"""What all pages hold that nobody has written to."""


class Camera:
    """Takes snapshots of a checked machine, seen by one heap whose header types are ``structs``.

    Pages that are mapped now are foreign: they belong to somebody else and guard the heap's surroundings.
    """

    def __init__(self, machine: Machine, structs: dict[str, type[Struct]], watch: Watch) -> None:
        self.machine = machine
        self.structs = structs
        self.watch = watch
        self.frames = mapped_frames(machine)
        self.foreign = set(self.frames)
        self.cost_before = 0
        self._pages: Pages = {}
        self._own = PageSet(frozenset())
        self._shown = Shown()
        self._claimed_at: tuple[Shadow | None, int] = None, 0

    def take(self) -> ConcreteState:
        """A snapshot; what is mapped is read from the page tables."""
        self.frames = mapped_frames(self.machine)
        return self.look()

    def look(self) -> ConcreteState:
        """A cheaper view: pages that came or went unwatched are not noticed."""
        if self.watch.paged:
            self.frames, self.watch.paged = mapped_frames(self.machine), False
        self._develop()
        cost = self.machine.counter.total - self.cost_before
        return ConcreteState(
            self._pages,
            self._own,
            claims=self._claims,
            structs=self.structs,
            cost=cost,
            lines=self.watch.lines,
            shown=self._shown,
        )

    def _develop(self) -> None:
        """Bring what memory shows up to date; whatever has not changed since the last snapshot is shared with it."""
        changed, own = self._read(), frozenset(self.frames.keys() - self.foreign)
        shadow, (before, changes) = self._shadow, self._claimed_at
        as_claimed = shadow is before and shadow.changes == changes
        if as_claimed and not changed and own == self._own.pages:
            return
        claimed = self._shown.claimed
        self._shown, self._own = self._shown.later(self._pages, changed), PageSet(own)
        self._shown.claimed = claimed if as_claimed else {name: ClaimSet(self._claims(name)) for name in self.structs}
        self._claimed_at = shadow, shadow.changes

    def _read(self) -> set[int]:
        """What every mapped page holds; which do not hold what they held in the last snapshot.  The others share it."""
        buffer, before = self.machine.ram.buffer, self._pages
        pages: Pages = {}
        changed: set[int] = set()
        for page, frame in self.frames.items():
            data, old = buffer[frame : frame + PAGE_SIZE], before.get(page)
            if old is not None and old == data:
                pages[page] = old
            else:
                pages[page] = CLEAR if data == CLEAR else data
                changed.add(page)
        changed.update(before.keys() - pages.keys())
        if changed:
            self._pages = pages
        return changed

    @property
    def _shadow(self) -> Shadow:
        memory = self.machine.memory
        if not isinstance(memory, CheckedMemory):
            raise TypeError("only a checked machine knows where headers lie")
        return memory.shadow

    def _claims(self, struct: str) -> list[int]:
        return self._shadow.claims(self.structs[struct], 0, EVERYWHERE)
