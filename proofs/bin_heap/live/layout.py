"""The bin heap as RAM shows it: blocks and lists read into plain dictionaries, their structure checked.

Nothing here is taken from the implementation: the layout is written down a second time.  What is told twice
(flags and lists, lists and bitmap, sizes and mapped pages) must agree; where it does not, a Violation says
which law fell.
"""

from __future__ import annotations

import struct as binary
from dataclasses import dataclass
from typing import Any

from model.language.words import WORD_BYTES as WORD
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation

NULL = 0
PAGE = 4096
LETTER = {8: "Q", 4: "I"}[WORD]
"""How the struct module calls a word."""
HEADER, FREE_ENTRY, ADDRESS_ENTRY, ENTRY = 64, 8 + WORD, 32 + WORD, 3 * WORD
BITMAP, LISTS, BINS = WORD, 32 + WORD, 256
DESCRIPTOR = LISTS + ENTRY * (BINS + 2)
MAGIC = 0xDEADBEEF
ALLOCATED, MAPPED, ZEROED = 1, 2, 4
GRANULE, THRESHOLD = 64, 16384

LAWS = {
    "lists": "every list is circular, linked both ways, and each of its entries says whose it is",
    "loose": "an entry that is in no list is linked to itself",
    "headers": "headers lie exactly where the descriptor and the blocks have them, each with its magic",
    "sizes": "sizes are multiples of 64; a block that was mapped for itself fills its pages",
    "sorted": "the list by address holds its blocks in that order, and no two blocks overlap",
    "mapped": "the list of blocks mapped for themselves holds just those",
    "bins": "a block is in a bin exactly if it is free, and that is the bin of its size",
    "bitmap": "the bit of a bin is set exactly if the bin is not empty",
    "coalesced": "two free blocks that touch would pass the threshold together",
    "zeroed": "every byte of a free block that is marked as zero is zero",
    "pages": "the blocks fill the pages that the heap has mapped beside its tables, exactly",
}
"""What every heap in RAM keeps to."""


@dataclass(frozen=True)
class Layout:
    """A heap: ``size`` and ``flags`` of every block, its blocks ``by_address`` and those mapped for themselves,
    ``alone``, and those of every bin that has some."""

    size: dict[int, int]
    flags: dict[int, int]
    by_address: tuple[int, ...]
    alone: tuple[int, ...]
    bins: dict[int, tuple[int, ...]]
    lock: int

    @property
    def live(self) -> dict[int, int]:
        """Payload address -> bytes, of every allocated block."""
        return {b + HEADER: size for b, size in self.size.items() if self.flags[b] & ALLOCATED}


def read_out(state: ConcreteState, heap: int, amid: bool = False) -> Layout:
    """The heap whose descriptor lies at ``heap``; Violation if RAM shows none.

    ``amid`` an operation there may be pages that are no block yet, or no more.
    """
    layout: Layout = state.once(("layout", heap, amid), lambda: Reader(state, heap).layout(amid))
    return layout


def heads_of(heap: int) -> range:
    """The heads of the lists: by address, then the bins, then that of the blocks mapped for themselves."""
    return range(heap + LISTS, heap + DESCRIPTOR, ENTRY)


def _demand(truth: bool, law: str, detail: str) -> None:
    """Violation of that law unless ``truth``."""
    if not truth:
        raise Violation(f"bin_heap.layout.{law}", LAWS[law], detail)


class Reader:
    """Reads one heap in one state."""

    def __init__(self, state: ConcreteState, heap: int) -> None:
        self.state = state
        self.heap = heap
        self.entry = state.fields("ListEntry")
        self.header = state.fields("BlockHeader")
        self.blocks = list(state.claimed("BlockHeader"))
        self.size = {b: self.header.size[b] for b in self.blocks}
        self.flags = {b: self.header.flags[b] for b in self.blocks}

    def layout(self, amid: bool) -> Layout:
        """All of it."""
        words = self._words(self.heap, DESCRIPTOR // WORD)
        self._check_headers()
        heads = list(heads_of(self.heap))
        by_address = self._list(heads[0], ADDRESS_ENTRY)
        links = words[LISTS // WORD :]
        strangers = [head for head, own in zip(heads, links[2::3], strict=True) if head != own]
        _demand(not strangers, "lists", f"not lists of their own: {_shown(strangers)}")
        bins = {
            number - 1: self._list(head, FREE_ENTRY)
            for number, head in enumerate(heads[:-1])
            if number and links[3 * number : 3 * number + 2] != (head, head)
        }
        alone = self._list(heads[-1], ADDRESS_ENTRY)
        self._check_lists(by_address, alone, bins)
        self._check_bitmap(words[BITMAP // WORD : LISTS // WORD], bins)
        self._check_blocks()
        self._check_neighbours(by_address)
        self._check_pages(amid)
        return Layout(self.size, self.flags, by_address, alone, bins, words[0])

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        """``count`` words from RAM."""
        data, end = b"", address + WORD * count
        while address < end:
            length = min(end - address, PAGE - address % PAGE)
            page = self.state.pages[address // PAGE]
            data += page[address % PAGE : address % PAGE + length]
            address += length
        return binary.unpack(f"<{count}{LETTER}", data)

    # ------------------------------------------------------------ lists

    def _list(self, head: int, part: int) -> tuple[int, ...]:
        """The blocks in the list at ``head``, whose entries lie ``part`` bytes into their headers."""
        found: list[int] = []
        before, current = head, self.entry.next[head]
        while current != head:
            known = current - part in self.size and len(found) < len(self.blocks)
            _demand(known, "lists", f"the list at {head:#x} leads to {current:#x}")
            told = self.entry.prev[current] == before and self.entry.list[current] == head
            _demand(told, "lists", f"the entry {current:#x} in the list at {head:#x}")
            found.append(current - part)
            before, current = current, self.entry.next[current]
        _demand(self.entry.prev[head] == before, "lists", f"the list at {head:#x} ends at {before:#x}")
        return tuple(found)

    def _check_lists(
        self, by_address: tuple[int, ...], alone: tuple[int, ...], bins: dict[int, tuple[int, ...]]
    ) -> None:
        """Who is in which list follows from the flags and the size."""
        kept = {b for b in self.blocks if not self.flags[b] & MAPPED}
        _demand(set(by_address) == kept, "sorted", f"not listed or wrongly: {_shown(kept ^ set(by_address))}")
        _demand(list(by_address) == sorted(by_address), "sorted", _shown(by_address))
        mapped = set(self.blocks) - kept
        _demand(set(alone) == mapped, "mapped", f"not listed or wrongly: {_shown(mapped ^ set(alone))}")
        free = {b for b in self.blocks if not self.flags[b] & ALLOCATED}
        for number, members in bins.items():
            for b in members:
                right = b in free and self.size[b] == GRANULE * (number + 1)
                _demand(right, "bins", f"{b:#x} with flags {self.flags[b]}, {self.size[b]} bytes, in bin {number}")
        listed = {b for members in bins.values() for b in members}
        _demand(free <= listed, "bins", f"free, but in no bin: {_shown(free - listed)}")
        for e in (b + FREE_ENTRY for b in self.blocks if b not in free):
            loose = self.entry.prev[e] == self.entry.next[e] == e and self.entry.list[e] == NULL
            _demand(loose, "loose", f"the entry {e:#x} of an allocated block")

    def _check_bitmap(self, words: tuple[int, ...], bins: dict[int, tuple[int, ...]]) -> None:
        digits = "".join(f"{word:0{8 * WORD}b}" for word in words)
        bits = {number for number, digit in enumerate(digits) if digit == "1"}
        _demand(bits == set(bins), "bitmap", f"bits {sorted(bits)}, bins {sorted(bins)}")

    # ------------------------------------------------------------ blocks

    def _check_headers(self) -> None:
        """Claims are at the blocks' and at the descriptor's parts, and nowhere else."""
        entries = {*heads_of(self.heap)} | {b + part for b in self.blocks for part in (FREE_ENTRY, ADDRESS_ENTRY)}
        strays = set(self.state.claimed("ListEntry")) ^ entries
        _demand(not strays, "headers", f"entries at {_shown(strays)}")
        lost = [b for b in self.blocks if self.header.magic[b] != MAGIC]
        _demand(not lost, "headers", f"no magic at {_shown(lost)}")

    def _check_blocks(self) -> None:
        """Sizes, and bytes that must be zero."""
        for b, size in self.size.items():
            right = b % GRANULE == size % GRANULE == 0 < size
            if self.flags[b] & MAPPED:
                right = right and b % PAGE == 0 and (size + HEADER) % PAGE == 0
            _demand(right, "sizes", f"{b:#x}: {size} bytes, flags {self.flags[b]}")
            if self.flags[b] & (ZEROED | ALLOCATED) == ZEROED:
                clear = self.state.bytes.filled(b + HEADER, b + HEADER + size, 0)
                _demand(clear, "zeroed", f"{b:#x}: {size} bytes, flags {self.flags[b]}")

    def _check_neighbours(self, by_address: tuple[int, ...]) -> None:
        """No overlap at all, and no two free blocks side by side that could be one."""
        order = sorted(self.blocks)
        for number, b in enumerate(order[1:]):
            before = order[number]
            end = before + HEADER + self.size[before]
            _demand(end <= b, "sorted", f"{before:#x} ends at {end:#x}, {b:#x} begins")
            both_free = not (self.flags[before] | self.flags[b]) & ALLOCATED
            if end == b and both_free:
                whole = self.size[before] + HEADER + self.size[b]
                _demand(whole > THRESHOLD, "coalesced", f"{before:#x} and {b:#x} make {whole} bytes")

    def _check_pages(self, amid: bool) -> None:
        """Blocks that do not overlap, all of them on the heap's pages, of just as many bytes as those, but ``amid``."""
        for b, size in self.size.items():
            _demand(self.state.mapped.covers(b, b + HEADER + size), "pages", f"the block {b:#x} of {size} bytes")
        held = sum(HEADER + size for size in self.size.values())
        tables = range(self.heap // PAGE, (self.heap + DESCRIPTOR - 1) // PAGE + 1)
        own = sum(page not in tables for page in self.state.mapped.pages) * PAGE
        _demand(amid or held == own, "pages", f"blocks of {held} bytes in all, pages of {own}")


def _shown(addresses: Any) -> str:
    return "[" + ", ".join(f"{address:#x}" for address in sorted(addresses)[:8]) + "]"
