"""What a bin heap must do, said once more, small and slow: dictionaries and lists instead of headers and links.

    blocks   address -> [size, flags]
    bins     number -> addresses, the one freed last first

It says of each call which block is handed out, how many pages the machine is asked for, and which blocks there are
afterwards.  Contents are the business of the users (bin_heap_world.py).
"""

from __future__ import annotations

from collections.abc import Callable

from model.language.words import WORD_LIMIT
from proofs.bin_heap.live.layout import ALLOCATED, BINS, GRANULE, HEADER, MAPPED, NULL, PAGE, THRESHOLD, ZEROED, Layout

LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE

Grant = Callable[[int], int]
"""What the machine did about a number of pages: where it mapped them, or NULL."""


class Block:
    """Payload bytes and flags."""

    def __init__(self, size: int, flags: int) -> None:
        self.size = size
        self.flags = flags


class Reference:
    """A heap that was just initialised; ``grant`` answers for the machine."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.blocks: dict[int, Block] = {}
        self.bins: dict[int, list[int]] = {number: [] for number in range(BINS)}
        self._needed: list[int] = []

    def needed(self) -> list[int]:
        """How many pages the machine had to be asked for, request by request, since this was asked last."""
        needed, self._needed = self._needed, []
        return needed

    # ------------------------------------------------------------ what users call

    def malloc(self, size: int) -> int:
        """The payload that malloc returns, or NULL (BIN-12, BIN-16)."""
        return self._handed_out(self._alloc(size))

    def calloc(self, count: int, size: int) -> int:
        """The payload that calloc returns, or NULL (BIN-16)."""
        return self.malloc(count * size) if count * size < WORD_LIMIT else NULL

    def free(self, address: int) -> None:
        """The live block with that payload is freed (BIN-13)."""
        if address != NULL:
            self._free(address - HEADER)

    def realloc(self, address: int, size: int) -> int:
        """The payload that realloc returns, or NULL (BIN-16); no live block is changed by a NULL for a size > 0."""
        if address == NULL:
            return self.malloc(size)
        if size == 0:
            self.free(address)
            return NULL
        if size > LARGEST_REQUEST:
            return NULL
        if self._resized(address - HEADER, _rounded(size)):
            return address
        target = self._alloc(size)
        if target != NULL:
            self._free(address - HEADER)
        return self._handed_out(target)

    def trim(self) -> None:
        """Runs of free blocks that touch lose the pages that can be cut out of them, the highest run first."""
        b = self._last_free(WORD_LIMIT)
        while b != NULL:
            self._take(b)
            before = self._free_before(b)
            while before != NULL:
                self._join(before, b)
                b, before = before, self._free_before(before)
            self._release(b)
            b = self._last_free(b)

    def destroy(self) -> None:
        """Nothing is left."""
        self.blocks.clear()
        for members in self.bins.values():
            members.clear()

    def is_live(self, address: int) -> bool:
        """Whether a live block has that payload address."""
        block = self.blocks.get(address - HEADER)
        return block is not None and bool(block.flags & ALLOCATED)

    # ------------------------------------------------------------ blocks

    def _alloc(self, size: int) -> int:
        """An allocated block, or NULL."""
        if size == 0 or size > LARGEST_REQUEST:
            return NULL
        needed = _rounded(size)
        if needed > THRESHOLD:
            return self._mapped(needed, MAPPED)
        serving = [number for number in range(needed // GRANULE - 1, BINS) if self.bins[number]]
        b = self.bins[serving[0]][0] if serving else self._mapped(needed, 0)
        if b != NULL:
            self._take(b)
            self._split(b, needed)
        return b

    def _mapped(self, needed: int, flags: int) -> int:
        """A fresh block of whole pages, or NULL."""
        pages = -(-(needed + HEADER) // PAGE)
        self._needed.append(pages)
        b = self.grant(pages)
        if b != NULL:
            self.blocks[b] = Block(pages * PAGE - HEADER, flags | ALLOCATED | ZEROED)
        return b

    def _take(self, b: int) -> None:
        """The block becomes allocated; it may be already."""
        if not self.blocks[b].flags & ALLOCATED:
            self.bins[self.blocks[b].size // GRANULE - 1].remove(b)
            self.blocks[b].flags |= ALLOCATED

    def _split(self, b: int, needed: int) -> None:
        """What the block has beyond ``needed`` bytes is freed, if it is a header and a granule at least (BIN-10)."""
        block = self.blocks[b]
        rest = block.size - needed - HEADER
        if rest >= GRANULE:
            block.size = needed
            self.blocks[b + HEADER + needed] = Block(rest, block.flags)
            self._free(b + HEADER + needed)

    def _free(self, b: int) -> None:
        """The allocated block is unmapped, or merged with what is free beside it, the later side first."""
        if self.blocks[b].flags & MAPPED:
            del self.blocks[b]
            return
        after = self._free_after(b)
        if after != NULL and self._joined(b, after) <= THRESHOLD:
            self._join(b, after)
        before = self._free_before(b)
        if before != NULL and self._joined(before, b) <= THRESHOLD:
            self._join(before, b)
            b = before
        self.blocks[b].flags &= ZEROED
        self.bins[self.blocks[b].size // GRANULE - 1].insert(0, b)

    def _join(self, left: int, right: int) -> None:
        """One allocated block of two."""
        self._take(left)
        self._take(right)
        zero = self.blocks[left].flags & self.blocks[right].flags & ZEROED
        self.blocks[left] = Block(self._joined(left, right), ALLOCATED | zero)
        del self.blocks[right]

    def _last_free(self, limit: int) -> int:
        """The last free block below the address, or NULL."""
        return max((a for a, block in self.blocks.items() if a < limit and not block.flags & ALLOCATED), default=NULL)

    def _release(self, b: int) -> None:
        """The allocated block loses its whole pages, if what is left on either side can stand alone; that is freed."""
        flags, end, least = self.blocks[b].flags, b + HEADER + self.blocks[b].size, HEADER + GRANULE
        low = b if b % PAGE == 0 else -(-(b + least) // PAGE) * PAGE
        high = end if end % PAGE == 0 else (end - least) // PAGE * PAGE
        if low >= high:
            self._free(b)
            return
        del self.blocks[b]
        if high != end:
            self.blocks[high] = Block(end - high - HEADER, flags)
            self._free(high)
        if low != b:
            self.blocks[b] = Block(low - b - HEADER, flags)
            self._free(b)

    def _resized(self, b: int, needed: int) -> bool:
        """Whether the block could be given ``needed`` bytes where it is."""
        block, after = self.blocks[b], self._free_after(b)
        if block.flags & MAPPED:
            fits = block.size >= needed
            if fits:
                block.size = -(-(needed + HEADER) // PAGE) * PAGE - HEADER
            return fits
        if block.size >= needed:
            self._split(b, needed)
            return True
        if after == NULL or needed > THRESHOLD:
            return False
        joined = self._joined(b, after)
        if joined < needed or THRESHOLD < joined < needed + HEADER + GRANULE:
            return False
        self._join(b, after)
        self._split(b, needed)
        return True

    def _handed_out(self, b: int) -> int:
        """The payload, which is its user's: nobody knows any more that it is zero."""
        if b == NULL:
            return NULL
        self.blocks[b].flags &= ~ZEROED
        return b + HEADER

    # ------------------------------------------------------------ neighbours

    def _free_after(self, b: int) -> int:
        """The free block that begins where ``b`` ends, or NULL."""
        after = self.blocks.get(b + HEADER + self.blocks[b].size)
        return NULL if after is None or after.flags & ALLOCATED else b + HEADER + self.blocks[b].size

    def _free_before(self, b: int) -> int:
        """The free block that ends where ``b`` begins, or NULL."""
        free = (a for a, block in self.blocks.items() if not block.flags & ALLOCATED)
        return next((a for a in free if a + HEADER + self.blocks[a].size == b), NULL)

    def _joined(self, left: int, right: int) -> int:
        return self.blocks[left].size + HEADER + self.blocks[right].size

    # ------------------------------------------------------------ comparison

    def differences(self, layout: Layout) -> list[str]:
        """What RAM shows differently."""
        found = _compared("size", layout.size, {b: block.size for b, block in self.blocks.items()})
        found += _compared("flags", layout.flags, {b: block.flags for b, block in self.blocks.items()})
        for number, members in self.bins.items():
            shown = list(layout.bins.get(number, ()))
            if shown != members:
                found.append(f"bin {number} holds {_list(shown)}, not {_list(members)}")
        return found


def _rounded(size: int) -> int:
    return -(-size // GRANULE) * GRANULE


def _compared(value: str, found: dict[int, int], meant: dict[int, int]) -> list[str]:
    """Where two maps differ."""
    places = sorted(a for a in found.keys() | meant.keys() if found.get(a) != meant.get(a))
    return [f"block {a:#x}: {value} {found.get(a)}, not {meant.get(a)}" for a in places[:8]]


def _list(addresses: list[int]) -> str:
    return "[" + ", ".join(f"{address:#x}" for address in addresses[:8]) + "]"
