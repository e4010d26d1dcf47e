"""Which pages are mapped, to which frames: read out of the page tables in RAM, as the hardware would.

Independent of ``AddressSpace`` and of every TLB, uncounted, unchecked.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SHIFT
from impl.machine import Machine
from impl.page_tables import DIRECTORY_SPAN, ENTRIES, FRAME_MASK, NO_ROOT, PAGE_SPAN, PRESENT, TABLE_SPAN, TOP_SPAN

TOP_BITS = 48


def mapped_frames(machine: Machine) -> dict[int, int]:
    """Page number -> physical address of its frame, for every mapped page."""
    found: dict[int, int] = {}
    if machine.space.root != NO_ROOT:
        _collect(machine, machine.space.root, 0, TOP_SPAN, found)
    return found


def _collect(machine: Machine, table: int, low: int, span: int, found: dict[int, int]) -> None:
    """Add what ``table``, whose first entry is for address ``low``, leads to."""
    slot = table >> 3
    words = machine.ram.views["Q"][slot : slot + ENTRIES].tolist()
    for number, word in enumerate(words):
        if not word & PRESENT:
            continue
        place = low + number * span
        if span == PAGE_SPAN:
            found[place >> PAGE_SHIFT] = word & FRAME_MASK
            continue
        if span == TOP_SPAN and place >> (TOP_BITS - 1):
            place |= -1 << TOP_BITS & 2**64 - 1
        _collect(machine, word & FRAME_MASK, place, _below(span), found)


def _below(span: int) -> int:
    return {TOP_SPAN: DIRECTORY_SPAN, DIRECTORY_SPAN: TABLE_SPAN, TABLE_SPAN: PAGE_SPAN}[span]
