"""How the abstract state of the frame allocator moves: the steps that ``advance`` names in impl/frame_allocator.py."""

from __future__ import annotations

from dataclasses import replace

from model.frame_allocator.state import Ghosts
from model.language.ghost import GhostMap
from model.language.logic import Word, when
from model.language.words import WORD_BYTES

HEADS = 4 * WORD_BYTES


LIST = 4


def no_ghosts() -> Ghosts:
    """The abstract state before init."""
    return Ghosts(GhostMap(), GhostMap(), 0, GhostMap())


# ---------------------------------------------------------------- how the ghosts move


def nothing_listed(ghosts: Ghosts) -> Ghosts:
    """No frame belongs to a block or is free."""
    return replace(ghosts, owner=ghosts.owner.redefined(lambda i: i), below=ghosts.below.redefined(lambda i: 0))


def block_listed(ghosts: Ghosts, index: Word, order: Word) -> Ghosts:
    """A free block is inserted into its list: its frames are its own, and it is the latest."""
    whole = block_joined(ghosts, index, order)
    return replace(whole, stamp=ghosts.stamp.set(index, ghosts.clock), clock=ghosts.clock + 1)


def block_joined(ghosts: Ghosts, index: Word, order: Word) -> Ghosts:
    """The 2**order frames from ``index`` on are one block."""
    end = index + (1 << order)
    return replace(ghosts, owner=ghosts.owner.over(index, end, lambda i: index))


def frames_taken(ghosts: Ghosts, index: Word, order: Word) -> Ghosts:
    """The frames of a block are free no more."""
    return replace(ghosts, below=ghosts.below.redefined(lambda i: ghosts.below[i] - _passed(i, index, 1 << order)))


def frames_given(ghosts: Ghosts, index: Word, order: Word) -> Ghosts:
    """The frames of a block are free."""
    return replace(ghosts, below=ghosts.below.redefined(lambda i: ghosts.below[i] + _passed(i, index, 1 << order)))


def _passed(i: Word, first: Word, count: Word) -> Word:
    """How many of the ``count`` frames from ``first`` on lie below ``i``."""
    return when(i <= first, 0, when(i >= first + count, count, i - first))
