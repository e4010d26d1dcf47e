"""From addresses to blocks: what other tools write down goes by addresses, which are used again.

A recording may begin in the middle of a program's life, and may lose events.  A block that was never seen to be
allocated cannot be replayed: what is asked of it is left out.  An address that is handed out while it is taken was
freed unseen: a free is put in.  ``notes`` say how often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from impl.arithmetic import WORD_LIMIT
from proofs.checking.trace import ALIGNED, CALLOC, FREE, MALLOC, REALLOC, Event

UNKNOWN = "of a block that was allocated before the recording began, left out"
UNSEEN = "free that was not seen, put in where its address is handed out again"
FAILED = "request that the program's own allocator refused, left out"


class Addresses:
    """Collects ``events``; ``where`` is whatever tells live blocks apart, an address as a rule."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.missed: Counter[str] = Counter()
        self._live: dict[Hashable, int] = {}
        self._moving: dict[Hashable, list[int | None]] = {}
        self._blocks = 0

    def allocate(self, where: Hashable, size: int, *, zeroed: bool = False, alignment: int = 1) -> None:
        """A block of ``size`` bytes is handed out; ``where`` is None or 0 if the request was refused.

        ValueError if there is no such size, or the alignment is no power of two.
        """
        if not where:
            self.missed[FAILED] += 1
            return
        if not 0 <= size < WORD_LIMIT:
            raise ValueError(f"a block of {size} bytes")
        if alignment < 1 or alignment & (alignment - 1):
            raise ValueError(f"an alignment of {alignment}, which is no power of two")
        if where in self._live:
            self.missed[UNSEEN] += 1
            self.free(where)
        kind = CALLOC if zeroed else MALLOC
        event = Event(ALIGNED, self._blocks, size, alignment) if alignment > 1 else Event(kind, self._blocks, size)
        self.events.append(event)
        self._live[where] = self._blocks
        self._blocks += 1

    def free(self, where: Hashable) -> None:
        """The block there goes; None and 0 are no block."""
        if not where:
            return
        if where in self._live:
            self.events.append(Event(FREE, self._live.pop(where), 0))
        else:
            self.missed[f"free {UNKNOWN}"] += 1

    def resize(self, where: Hashable, target: Hashable, size: int) -> None:
        """The block at ``where`` becomes ``size`` bytes, at ``target``.

        A ``target`` of None or 0 says that it was refused, or of size 0 that the block is freed.
        """
        self.lift(where)
        self.drop(where, target, size)

    def lift(self, where: Hashable) -> None:
        """A resize of the block there begins: from now on its address may be another's."""
        self._moving.setdefault(where, []).append(self._live.pop(where, None))

    def drop(self, where: Hashable, target: Hashable, size: int) -> None:
        """The resize that began at ``where`` ends, as in ``resize``; ValueError if none began."""
        if not self._moving.get(where):
            raise ValueError("the end of a resize that did not begin")
        block = self._moving[where].pop(0)
        if not target and size:
            self.missed[FAILED] += 1
            if block is not None:
                self._live[where] = block
        elif block is None:
            self.missed[f"resize {UNKNOWN[: UNKNOWN.index(',')]}, taken for an allocation"] += bool(target)
            if target:
                self.allocate(target, size)
        elif not target:
            self.events.append(Event(FREE, block, 0))
        else:
            if target in self._live:
                self.missed[UNSEEN] += 1
                self.free(target)
            self.events.append(Event(REALLOC, block, size))
            self._live[target] = block

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or put in, each with its number."""
        return tuple(f"{count:,} x {what}" for what, count in sorted(self.missed.items()) if count)
