"""A program's trace, played on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from proofs.checking.trace import CALLOC, FREE, MALLOC, read_trace

if TYPE_CHECKING:
    from proofs.export.beside.history import History


def replayed(history: History, trace: str, most: int, progress: Callable[[], None]) -> dict[str, object]:
    """Play the first ``most`` events; how many, and how many requests were refused.

    The bytes are compared after each event on a small heap; ever less often as it grows.
    """
    history.memory.moody = False
    history.begin_trace()
    blocks: dict[int, tuple[int, int]] = {}
    refused = events = 0
    for event in read_trace(trace).events[:most]:
        progress()
        events += 1
        history.both.every = max(1, history.memory.mapped_bytes() >> 21) if events % 256 == 1 else history.both.every
        old, size = blocks.pop(event.block, (0, 0))
        if event.kind == FREE:
            history.give(old)
            continue
        if event.kind in (MALLOC, CALLOC):
            address = history.take(event.size, event.kind == CALLOC)
        else:
            address = history.change(old, size, event.size)
        refused += not address and bool(event.size)
        blocks[event.block] = (address, event.size if address else 0)
        if address:
            history.write(address, event.size)
    return {"events": events, "refused": refused}
