"""The machine's memory for the calls of a replay between two that are checked in full, each access in one piece.

Everything is checked, translated and counted as by the memory of a checked machine (impl/shadow.py on
impl/virtual_memory.py), of which this is one more face.  What is quick here is the ordinary case: an aligned access
through a header that is claimed, or to bytes that are none, on one page whose translation is known.  Whatever else
there is, the memory behind it does, and tells.
"""

from __future__ import annotations

from typing import Any

from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE
from impl.layout import Field, Struct
from impl.page_tables import FRAME_MASK, NO_ROOT, PRESENT, USER, WRITABLE
from impl.reach import LOW_END
from impl.shadow import CheckedMemory
from proofs.checking.memory import UnnotedMemory

OFFSET = PAGE_SIZE - 1
ENTRY = 0x1FF
"""The bits of an address that lie in a page, and those that number an entry."""


class HurriedMemory(UnnotedMemory):
    """The memory of a checked machine, quick; nothing is checked, counted or answered in another way."""

    __slots__ = ("count", "heads", "loadable", "storable", "typed")
    """What each access needs, of the memory that is shared: a slot is read faster."""

    def __init__(self, memory: CheckedMemory) -> None:
        super().__init__(memory)
        self.heads = self.shadow.heads
        self.loadable = self._readable
        self.storable = self._writable
        self.typed = self._views
        self.count = self.counter

    def read(self, field: Field[Any], address: int, /) -> Any:
        """A counted load through a claimed struct."""
        place = address + field.offset
        try:
            physical = place + self.loadable[place >> 12]
            ordinary = self.heads[address] is field.struct and not place & field.mask
        except KeyError:
            ordinary = False
        if not ordinary:
            return super().read(field, address)
        self.count.loads += 1
        return self.typed[field.code][physical >> field.shift]

    def peek(self, field: Field[Any], address: int, /) -> Any:
        """A counted load of what may be a field."""
        place = address + field.offset
        try:
            physical = place + self.loadable[place >> 12]
        except KeyError:
            return super().peek(field, address)
        if place & field.mask:
            return super().peek(field, address)
        self.count.loads += 1
        return self.typed[field.code][physical >> field.shift]

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A counted store through a claimed struct."""
        place = address + field.offset
        try:
            physical = place + self.storable[place >> 12]
            ordinary = self.heads[address] is field.struct and not place & field.mask
        except KeyError:
            ordinary = False
        if not ordinary:
            super().write(field, address, value)
            return
        self.count.stores += 1
        self.typed[field.code][physical >> field.shift] = value

    def load_bytes(self, address: int, size: int, /) -> bytes:
        """A user's load of bytes: one load per 8 bytes, rounded up."""
        difference = self.loadable.get(address >> PAGE_SHIFT)
        if difference is None or not 0 < size <= PAGE_SIZE - (address & OFFSET):
            return super().load_bytes(address, size)
        if self.shadow.touches(address, size) is not None:
            self.shadow.check_clear(address, size, "load")
        self.count.loads += size + 7 >> 3
        place = address + difference
        return self.ram.buffer[place : place + size]

    def store_bytes(self, address: int, data: bytes, /) -> None:
        """A user's store of bytes: one store per 8 bytes, rounded up."""
        size = len(data)
        difference = self.storable.get(address >> PAGE_SHIFT)
        if difference is None or not 0 < size <= PAGE_SIZE - (address & OFFSET):
            super().store_bytes(address, data)
            return
        if self.shadow.touches(address, size) is not None:
            self.shadow.check_clear(address, size, "store")
        self.count.stores += size + 7 >> 3
        place = address + difference
        self.ram.buffer[place : place + size] = data

    def claim(self, struct: type[Struct], address: int, /) -> None:
        """A header comes into being, on memory that is there and free of headers."""
        if address >> PAGE_SHIFT in self.storable and PAGE_SIZE - (address & OFFSET) >= struct.SIZE:
            self.shadow.claim(struct, address)
        else:
            super().claim(struct, address)

    def is_mapped(self, address: int, size: int, /) -> bool:
        """The walk of the hardware, to a page of the lower half that grants everything: its four loads, and its yes."""
        if type(address) is not int or type(size) is not int or not self._is_granted(address, size):
            return super().is_mapped(address, size)
        self.count.walk_loads += 4
        return True

    def _is_granted(self, address: int, size: int) -> bool:
        """Whether the range lies in one page of the lower half, which this view may read and write.

        False, too, where a table or the page lies outside RAM, or shows what is none of its own: there a walk fails.
        """
        if not (0 <= address < LOW_END and 0 < size <= PAGE_SIZE - (address & OFFSET)):
            return False
        words, root = self._table_words, self.space.root
        if root == NO_ROOT:
            return False
        try:
            top = words[((root & FRAME_MASK) >> 3) + (address >> 39 & ENTRY)]
            directory = words[((top & FRAME_MASK) >> 3) + (address >> 30 & ENTRY)]
            table = words[((directory & FRAME_MASK) >> 3) + (address >> 21 & ENTRY)]
            leaf = words[((table & FRAME_MASK) >> 3) + (address >> 12 & ENTRY)]
        except IndexError:
            return False
        rights = PRESENT | WRITABLE | (USER if self.user_mode else 0)
        frame = leaf & FRAME_MASK
        if top & directory & table & leaf & rights != rights or frame + PAGE_SIZE > self.ram.size:
            return False
        claims = self._physical
        return claims is None or claims.touches(frame, PAGE_SIZE) is None
