"""A heap of segments of any size in one range of memory: a list in address order, first fit, free neighbours merged.

| header | payload ... | header | payload ... | header | payload |
first      16 n bytes
"""

from __future__ import annotations

from drystone.impl.errors import DoubleFree, InvalidFree
from drystone.impl.layout import Struct, flag, pointer, u64
from drystone.impl.words import check_word
from drystone.model.language.annotations import loop

NULL = 0
GRANULE = 16
HEADER = 32
LARGEST = 2**63
LAST = 2**64 - 1


class Node(Struct, size=32, offsets={"next": 0, "prev": 8, "size": 16, "free": 24}):
    """A header: its neighbours, or NULL; the bytes of its payload; whether it is free."""

    next = pointer()
    prev = pointer()
    size = u64()
    free = flag()


class Segments(Struct, size=8, offsets={"first": 0}):
    """The descriptor: where the first header lies."""

    first = pointer()

    def init(self, start: int, size: int) -> bool:
        """Begin with a free segment of ``size`` bytes, header included.  False, unchanged, if it cannot be."""
        check_word(start, "start")
        check_word(size, "size")
        if (
            start == NULL
            or start % GRANULE != 0
            or size % GRANULE != 0
            or size < HEADER + GRANULE
            or size > LAST - start
        ):
            return False
        node = Node.claim(self.memory, start)
        node.next = NULL
        node.prev = NULL
        node.size = size - HEADER
        node.free = True
        self.first = start
        return True

    def allocate(self, size: int) -> int:
        """The address of ``size`` bytes, in the lowest segment that has them; NULL iff none has, or for size 0."""
        check_word(size, "size")
        if size == 0 or size > LARGEST:
            return NULL
        needed = (size + (GRANULE - 1)) // GRANULE * GRANULE
        current = self.first
        while current != NULL:
            loop("walk_for_fit", self, current, needed)
            node = Node(self.memory, current)
            if node.free and node.size >= needed:
                return self._take(node, needed)
            current = node.next
        return NULL

    def free(self, address: int) -> None:
        """Give the segment at ``address`` back.  DoubleFree if it is free, InvalidFree if no payload begins there."""
        check_word(address, "address")
        current = self.first
        while (current != NULL) & (current < address):
            loop("walk_for_address", self, current, address)
            node = Node(self.memory, current)
            if current + HEADER == address:
                if node.free:
                    raise DoubleFree(f"free of {address:#x}: it is free")
                self._reclaim(node)
                return
            current = node.next
        raise InvalidFree(f"free of {address:#x}: no payload begins there")

    def _take(self, node: Node, needed: int) -> int:
        """Hand out a free segment, split if the rest can stand alone."""
        rest = node.size - needed
        if rest >= HEADER + GRANULE:
            following = node.next
            new = Node.claim(self.memory, node.address + HEADER + needed)
            new.next = following
            new.prev = node.address
            new.size = rest - HEADER
            new.free = True
            if following != NULL:
                Node(self.memory, following).prev = new.address
            node.next = new.address
            node.size = needed
        node.free = False
        return node.address + HEADER

    def _reclaim(self, node: Node) -> None:
        """The segment becomes free, and one with free neighbours."""
        node.free = True
        following = node.next
        if following != NULL and Node(self.memory, following).free:
            self._absorb(node, following)
        before = node.prev
        if before != NULL and Node(self.memory, before).free:
            self._absorb(Node(self.memory, before), node.address)

    def _absorb(self, node: Node, following: int) -> None:
        """The segment swallows the next one, header and all."""
        other = Node(self.memory, following)
        behind = other.next
        node.size = node.size + HEADER + other.size
        node.next = behind
        other.release()
        if behind != NULL:
            Node(self.memory, behind).prev = node.address
