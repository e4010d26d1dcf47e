"""What an entry says that is made of a frame and flags."""

from __future__ import annotations

from typing import Any

from model.address_space.state import BORROWED, FRAME_LIMIT, PRESENT, borrowed, frame_of, present
from model.language.logic import Named, Truth, Word, every
from model.language.words import PAGE_SIZE
from proofs.address_space.ghosts import frame_is_read

HIGHEST_FLAG = 1 << 63
"""The flag above the frame's number."""


def made_entry(space: Any, frame: Word, flags: Word, kind: Word) -> list[Named]:
    """_set_leaf: the entry of the ``frame`` at that address, with the ``flags``, of the ``kind``: borrowed or not."""
    entry, last = frame + flags + kind, flags // HIGHEST_FLAG
    above = entry // PAGE_SIZE == frame // PAGE_SIZE + last * (HIGHEST_FLAG // PAGE_SIZE)
    below = entry % PAGE_SIZE == flags - last * HIGHEST_FLAG + kind
    bits: Truth = (entry // PAGE_SIZE % FRAME_LIMIT) * PAGE_SIZE == frame
    names = frame_is_read(entry) & (frame_of(entry) * PAGE_SIZE == frame)
    marked = every([present(entry), borrowed(entry) == (kind == BORROWED + PRESENT)])
    return [
        ("bits", "the bits of an offset, and those above them, of the entry", above & below),
        ("frame_bits", "the bits of the frame in the entry", bits),
        ("names", "the entry names the frame that it is made of", names),
        ("marked", "the entry is present, and borrowed if it is of that kind", marked),
    ]
