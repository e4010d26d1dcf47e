"""Physical RAM: an array of bytes whose frames cost nothing until they are touched.

``PhysicalMemory`` is the ``Memory`` protocol on physical addresses, so that the frame
allocator and the page tables run on it directly.  ``BaseMemory`` holds what every concrete
memory of the machine shares: a log, and ghost operations that do nothing.

Words are little endian, as on x86-64; the host must be little endian too, because words
are read through typed views of the same bytes.
"""

from __future__ import annotations

import mmap
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from impl import bounds
from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, check_word, is_aligned
from impl.errors import NotMapped
from impl.layout import Field, Struct
from impl.memory import Array
from impl.widths import check_array, check_fits, limit_of

if sys.byteorder != "little":
    raise ImportError("the emulated machine needs a little-endian host")

MAP_NORESERVE = 0x4000
"""Linux: do not set swap space aside for pages that may never be touched."""
LOG_LENGTH = 1000
"""A memory remembers so many messages, the newest."""
FILL_CHUNK = 1 << 20


class BaseMemory:
    """What the concrete memories share; ordinary runs ignore ghost operations, so they do nothing here."""

    def __init__(self) -> None:
        self.messages: deque[tuple[str, tuple[int, ...]]] = deque(maxlen=LOG_LENGTH)

    def read(self, field: Field[Any], address: int, /) -> Any:
        """Load ``field`` of the struct at ``address``."""
        raise NotImplementedError

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """Store ``value`` into ``field`` of the struct at ``address``; ValueError unless it fits."""
        raise NotImplementedError

    def peek(self, field: Field[Any], address: int, /) -> Any:
        """Load ``field`` of what may be a struct at ``address``."""
        return self.read(field, address)

    def array(self, field: Field[Any], address: int, count: int, /) -> Array:
        """``field`` of ``count`` one-byte structs, side by side from ``address`` on."""
        raise NotImplementedError

    def load(self, address: int, width: int, /) -> int:
        """A user's load of ``width`` bytes (1, 2, 4 or 8), at any alignment."""
        raise NotImplementedError

    def store(self, address: int, width: int, value: int, /) -> None:
        """A user's store of ``width`` bytes (1, 2, 4 or 8), at any alignment: all of them or none."""
        raise NotImplementedError

    def load_bytes(self, address: int, size: int, /) -> bytes:
        """The ``size`` bytes at ``address``."""
        raise NotImplementedError

    def store_bytes(self, address: int, data: bytes, /) -> None:
        """Write ``data`` at ``address``, all of it or none."""
        raise NotImplementedError

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """Set every byte of [address, address + size) to ``byte``, all of them or none."""
        raise NotImplementedError

    def copy(self, target: int, source: int, size: int, /) -> None:
        """Copy ``size`` bytes, all of them or none; the ranges do not overlap."""
        raise NotImplementedError

    def map(self, address: int, pages: int, /) -> bool:
        """Map ``pages`` fresh pages at ``address``, all or nothing; False if that is refused."""
        raise NotImplementedError

    def find_place(self, pages: int, /) -> int:
        """Where the machine would map ``pages`` pages, or NULL."""
        return 0

    @property
    def placement(self) -> Callable[[int], int] | None:
        """What chooses addresses for new pages (number of pages -> address, or NULL) in place of ``find_place``.

        For tests that want pages somewhere: nothing is proved of a heap whose pages lie where somebody else chose.
        """
        return self.__dict__.get("find_place")

    @placement.setter
    def placement(self, chooser: Callable[[int], int] | None) -> None:
        self.__dict__.pop("find_place", None)
        if chooser is not None:
            self.__dict__["find_place"] = chooser

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap ``pages`` pages; NotMapped, nothing changed, unless all are mapped."""
        raise NotImplementedError

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether all of [address, address + size) can be read and written."""
        raise NotImplementedError

    def vandalise(self, address: int, data: bytes, /) -> None:
        """Write ``data`` as a wild device would: no shadow check, no count.  For tests."""
        raise NotImplementedError

    def claim(self, struct: type[Struct], address: int, /) -> None:
        """Ghost: a header comes into being."""

    def release(self, struct: type[Struct], address: int, /) -> None:
        """Ghost: a header goes."""

    def claim_array(self, struct: type[Struct], address: int, count: int, /) -> None:
        """Ghost: ``count`` adjacent records come into being."""

    def release_array(self, struct: type[Struct], address: int, count: int, /) -> None:
        """Ghost: an array of records goes."""

    def release_range(self, struct: type[Struct], start: int, end: int, /) -> None:
        """Ghost: every header of one type in [start, end) goes."""

    def log(self, message: str, /, *values: int) -> None:
        """Remember (message, values) in ``messages``; the oldest is forgotten after LOG_LENGTH."""
        self.messages.append((message, values))


class Cells:
    """The bytes of RAM by their physical addresses, neither counted nor checked: the caller knows that they are there.

    TRUSTED: in the proof of the virtual memory stands for it what proofs/engine/raw.py says of each of these.
    """

    __slots__ = ("_buffer",)

    def __init__(self, buffer: mmap.mmap) -> None:
        self._buffer = buffer

    def load(self, address: int, width: int) -> int:
        """The little-endian word of ``width`` bytes."""
        return int.from_bytes(self._buffer[address : address + width], "little")

    def store(self, address: int, width: int, value: int) -> None:
        """Store a word that fits."""
        self._buffer[address : address + width] = int(value).to_bytes(width, "little")

    def take(self, address: int, size: int) -> bytes:
        """The ``size`` bytes from ``address`` on."""
        return self._buffer[address : address + size]

    def put(self, address: int, data: bytes, start: int, size: int) -> None:
        """Store ``size`` bytes of ``data``, those from ``start`` on."""
        self._buffer[address : address + size] = data[start : start + size]

    def fill(self, address: int, size: int, byte: int) -> None:
        """Set ``size`` bytes to ``byte`` (0..255); those that are 0 and stay so are not touched, and cost no memory."""
        chunk = bytes([byte]) * min(size, FILL_CHUNK)
        end = address + size
        while address < end:
            length = min(end - address, FILL_CHUNK)
            data = chunk[:length]
            if byte or self._buffer[address : address + length] != data:
                self._buffer[address : address + length] = data
            address += length

    def encode(self, value: int, width: int) -> bytes:
        """A word that fits as ``width`` little-endian bytes."""
        return int(value).to_bytes(width, "little")

    def decode(self, data: bytes, width: int) -> int:
        """The little-endian word that ``data``, ``width`` bytes, is."""
        return int.from_bytes(data, "little")


class PhysicalMemory(BaseMemory):
    """``size_bytes`` of RAM at the physical addresses from 0 on; all bytes 0.

    ValueError unless that is a positive multiple of 4096, at most 2**52: physical addresses have 52 bits.

    Every access outside raises BusError and changes nothing.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        if size_bytes <= 0 or not is_aligned(size_bytes, PAGE_SIZE):
            raise ValueError(f"RAM must be a positive multiple of {PAGE_SIZE} bytes, not {size_bytes}")
        if size_bytes > PHYSICAL_LIMIT:
            raise ValueError(f"{size_bytes} bytes of RAM are more than can be addressed, {PHYSICAL_LIMIT}")
        self.size = size_bytes
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        self.buffer = mmap.mmap(-1, size_bytes, flags=flags)
        self.cells = Cells(self.buffer)
        whole = memoryview(self.buffer)
        self.views: dict[str, memoryview[Any]] = {code: _typed(whole, code) for code in "BHIQ?"}

    def read(self, field: Field[Any], address: int, /) -> Any:
        """Load ``field`` of the struct at ``address``."""
        address += field.offset
        if address & field.mask or not 0 <= address < self.size:
            value = self._load(address, field.width)
            return value != 0 if field.kind == "flag" else value
        return self.views[field.code][address >> field.shift]

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """Store ``value`` into ``field`` of the struct at ``address``; ValueError unless it fits."""
        address += field.offset
        if address & field.mask or not 0 <= address < self.size:
            self._store(address, field.width, value)
        else:
            self.views[field.code][address >> field.shift] = value

    def array(self, field: Field[Any], address: int, count: int, /) -> Array:
        """``field`` of ``count`` one-byte structs, side by side from ``address`` on."""
        check_array(field)
        self.check(address, count)
        return self.buffer[address : address + count]

    def load(self, address: int, width: int, /) -> int:
        """The little-endian word of ``width`` bytes (1, 2, 4 or 8) at ``address``."""
        return self._load(address, width)

    def store(self, address: int, width: int, value: int, /) -> None:
        """Store the low word ``value`` (0 <= value < 256**width) of ``width`` bytes at ``address``."""
        self._store(address, width, value)

    def load_bytes(self, address: int, size: int, /) -> bytes:
        """The ``size`` bytes at ``address``."""
        self.check(address, size)
        return self.buffer[address : address + size]

    def store_bytes(self, address: int, data: bytes, /) -> None:
        """Write ``data`` at ``address``."""
        self.vandalise(address, data)

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """Set every byte of [address, address + size) to ``byte`` (0..255)."""
        self.check(address, size)
        self.cells.fill(address, size, byte)

    def copy(self, target: int, source: int, size: int, /) -> None:
        """Copy ``size`` bytes; the ranges do not overlap."""
        self.check(source, size)
        self.check(target, size)
        self.buffer.move(target, source, size)

    def map(self, address: int, pages: int, /) -> bool:
        """RAM has no pages to map: always False."""
        return False

    def unmap(self, address: int, pages: int, /) -> None:
        """RAM has no pages to unmap: always NotMapped."""
        raise NotMapped(f"physical memory has no mapping at {address:#x}")

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether [address, address + size) lies in RAM, or is empty; ValueError for what is no word."""
        check_word(address, "address")
        check_word(size, "size")
        return size == 0 or address + size <= self.size

    def vandalise(self, address: int, data: bytes, /) -> None:
        """Write ``data`` as a wild device would: no shadow check, no count.  For tests."""
        self.check(address, len(data))
        self.buffer[address : address + len(data)] = data

    check = bounds.check

    def _load(self, address: int, width: int) -> int:
        limit_of(width)
        self.check(address, width)
        return self.cells.load(address, width)

    def _store(self, address: int, width: int, value: int) -> None:
        check_fits(value, width)
        self.check(address, width)
        self.cells.store(address, width, value)


def _typed(whole: memoryview[Any], code: str) -> Any:
    """The same bytes as an array of the words that ``code`` names in the struct module."""
    return whole.cast(code)  # type: ignore[call-overload]
