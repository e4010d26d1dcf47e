"""A heap of blocks of 64 bytes; for each a bit says whether it is in use.

| words of bits | block 0 | block 1 | ... |
bits            blocks
"""

from __future__ import annotations

from drystone.impl.errors import DoubleFree, InvalidFree
from drystone.impl.layout import Struct, pointer, u64
from drystone.impl.words import check_word
from drystone.model.language.annotations import loop

NULL = 0
BLOCK = 64
MOST = 2**57
"""More blocks than fit into any memory."""
LAST = 2**64 - 1


class Bits(Struct, size=8, offsets={"word": 0}):
    """A word of bits: that of block n is bit n % 64 of word n // 64."""

    word = u64()


class BitmapHeap(Struct, size=24, offsets={"bits": 0, "blocks": 8, "count": 16}):
    """The descriptor: where the bits begin, where the blocks do, and how many there are."""

    bits = pointer()
    blocks = pointer()
    count = u64()

    def init(self, start: int, count: int) -> bool:
        """Begin with ``count`` blocks, none in use, behind their bits at ``start``.  False if they cannot lie there."""
        check_word(start, "start")
        check_word(count, "count")
        if start == NULL or count == 0 or count > MOST:
            return False
        words = (count + 63) // 64
        if start > LAST - words * 8 - count * BLOCK:
            return False
        self.memory.fill(start, words * 8, 0)
        self.memory.claim_array(Bits, start, words)
        self.bits = start
        self.blocks = start + words * 8
        self.count = count
        return True

    def allocate(self) -> int:
        """The address of the lowest block that is not in use, its bytes as they are; NULL iff there is none."""
        count = self.count
        number = 0
        while number < count:
            loop("scan", self, number, count)
            bits = Bits(self.memory, self.bits + number // 64 * 8)
            if (bits.word >> number % 64) % 2 == 0:
                bits.word = bits.word | (1 << number % 64)
                return self.blocks + number * BLOCK
            number = number + 1
        return NULL

    def free(self, address: int) -> None:
        """Give the block at ``address`` back.  DoubleFree if it is not in use, InvalidFree if no block begins there."""
        check_word(address, "address")
        blocks = self.blocks
        if address < blocks or (address - blocks) % BLOCK != 0 or (address - blocks) // BLOCK >= self.count:
            raise InvalidFree(f"free of {address:#x}: no block begins there")
        number = (address - blocks) // BLOCK
        bits = Bits(self.memory, self.bits + number // 64 * 8)
        if (bits.word >> number % 64) % 2 == 0:
            raise DoubleFree(f"free of {address:#x}: it is free")
        bits.word = bits.word ^ (1 << number % 64)
