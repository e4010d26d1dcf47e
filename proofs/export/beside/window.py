"""Memory for two: the same addresses for the Python and for the C, in two places of this process.

A *window* of addresses is mapped for the C at just these addresses, without rights where no page is, so that a wild
access ends the process.  The Python sees the same addresses through a copy that lies elsewhere.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from typing import Any

from impl.arithmetic import PAGE_SIZE, check_word
from impl.errors import PageFault
from impl.layout import Field
from impl.memory import Array
from impl.ram import MAP_NORESERVE, BaseMemory
from impl.widths import check_array, check_fits
from impl.words import by_word

BASE = by_word(0x2000_0000_0000, 0x2000_0000)
"""Where the window begins: nothing else of a process lies there."""
MAP_FIXED_NOREPLACE = 0x10_0000
NO_RIGHTS, ALL_RIGHTS = mmap.PROT_READ & 0, mmap.PROT_READ | mmap.PROT_WRITE

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
LIBC.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
LIBC.memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]


class NoWindow(Exception):
    """The addresses of the window are taken."""


class Window(BaseMemory):
    """``size`` bytes of addresses from ``base`` on, with pages mapped here and there; the Python's memory."""

    def __init__(self, size: int, base: int = BASE) -> None:
        super().__init__()
        self.base, self.size = base, size
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        self.buffer = mmap.mmap(-1, size, flags=flags)
        self.place = ctypes.addressof(ctypes.c_char.from_buffer(self.buffer))
        self.pages = bytearray(size // PAGE_SIZE)
        whole = memoryview(self.buffer)
        self.views: dict[str, Any] = {code: whole.cast(code) for code in ("B", "H", "I", "Q", "?")}
        found = LIBC.mmap(base, size, NO_RIGHTS, flags | MAP_FIXED_NOREPLACE, -1, 0)
        if found != base:
            raise NoWindow(f"{size:#x} bytes at {base:#x} are not to be had: errno {ctypes.get_errno()}")

    # ------------------------------------------------------------ pages

    def numbers(self, address: int, pages: int) -> slice:
        """The pages by their numbers in the window."""
        first = (address - self.base) // PAGE_SIZE
        return slice(first, first + pages)

    def holds(self, address: int, size: int) -> bool:
        """Whether [address, address + size) lies in the window."""
        return self.base <= address and address + size <= self.base + self.size

    def open(self, address: int, pages: int) -> None:
        """Map pages, zeroed, for both."""
        self.pages[self.numbers(address, pages)] = b"\1" * pages
        self._protect(address, pages, ALL_RIGHTS)
        self.wipe(address, pages)

    def close(self, address: int, pages: int) -> None:
        """Unmap pages for the C."""
        ctypes.memset(address, 0, pages * PAGE_SIZE)
        self._protect(address, pages, NO_RIGHTS)

    def wipe(self, address: int, pages: int) -> None:
        """Every byte becomes 0, for both."""
        start = address - self.base
        self.buffer[start : start + pages * PAGE_SIZE] = bytes(pages * PAGE_SIZE)
        ctypes.memset(address, 0, pages * PAGE_SIZE)

    def _protect(self, address: int, pages: int, rights: int) -> None:
        if LIBC.mprotect(address, pages * PAGE_SIZE, rights):
            raise NoWindow(f"mprotect of {pages} pages at {address:#x}: errno {ctypes.get_errno()}")

    def map(self, address: int, pages: int, /) -> bool:
        """Map pages, if they lie in the window and none is mapped."""
        if address % PAGE_SIZE or pages <= 0 or not self.holds(address, pages * PAGE_SIZE):
            return False
        if any(self.pages[self.numbers(address, pages)]):
            return False
        self.open(address, pages)
        return True

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap pages, all of which are mapped, for the Python; the C asks for itself."""
        inside = address % PAGE_SIZE == 0 and pages > 0 and self.holds(address, pages * PAGE_SIZE)
        if not inside or not all(self.pages[self.numbers(address, pages)]):
            raise PageFault(address, "unmap", "not present")
        start = address - self.base
        self.buffer[start : start + pages * PAGE_SIZE] = bytes(pages * PAGE_SIZE)
        self.pages[self.numbers(address, pages)] = bytes(pages)

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether every page that the range touches is mapped."""
        check_word(address, "address")
        check_word(size, "size")
        if size == 0:
            return True
        first = address - address % PAGE_SIZE
        count = (address + size - first + PAGE_SIZE - 1) // PAGE_SIZE
        return self.holds(first, count * PAGE_SIZE) and all(self.pages[self.numbers(first, count)])

    def runs(self) -> Iterator[tuple[int, int]]:
        """Address and size of each run of mapped pages."""
        number = 0
        while (start := self.pages.find(1, number)) >= 0:
            end = self.pages.find(0, start)
            number = end if end >= 0 else len(self.pages)
            yield self.base + start * PAGE_SIZE, (number - start) * PAGE_SIZE

    def differing(self) -> int | None:
        """The lowest mapped address where the two memories differ; None if there is none."""
        for address, size in self.runs():
            if LIBC.memcmp(address, self.place + address - self.base, size):
                mine, other = self.buffer[address - self.base :][:size], ctypes.string_at(address, size)
                return address + next(n for n, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b)
        return None

    def mapped_bytes(self) -> int:
        """How many bytes are compared."""
        return sum(size for _, size in self.runs())

    # ------------------------------------------------------------ bytes

    def is_there(self, address: int, size: int) -> bool:
        """``is_mapped`` of a load or a store, which nobody sees: most lie in one page."""
        start = address - self.base
        first, last = start // PAGE_SIZE, (start + size - 1) // PAGE_SIZE
        if start < 0 or start + size > self.size:
            return False
        return bool(self.pages[first]) if first == last else size == 0 or all(self.pages[first : last + 1])

    def _start(self, address: int, size: int, access: str) -> int:
        if not self.is_there(address, size):
            raise PageFault(address, access, "not present")
        return address - self.base

    def read(self, field: Field[Any], address: int, /) -> Any:
        """Load a field."""
        start = self._start(address + field.offset, field.width, "read")
        if start & field.mask == 0:
            return self.views[field.code][start >> field.shift]
        value = int.from_bytes(self.buffer[start : start + field.width], "little")
        return value != 0 if field.kind == "flag" else value

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """Store a field."""
        start = self._start(address + field.offset, field.width, "write")
        check_fits(value, field.width)
        self.buffer[start : start + field.width] = int(value).to_bytes(field.width, "little")

    def array(self, field: Field[Any], address: int, count: int, /) -> Array:
        """Words of one byte side by side."""
        check_array(field)
        start = self._start(address, count, "read")
        return self.buffer[start : start + count]

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """Set bytes."""
        start = self._start(address, size, "write") if size else 0
        self.buffer[start : start + size] = bytes([byte]) * size

    def copy(self, target: int, source: int, size: int, /) -> None:
        """Copy bytes."""
        start, origin = self._start(target, size, "write"), self._start(source, size, "read")
        self.buffer[start : start + size] = self.buffer[origin : origin + size]

    def write_both(self, address: int, data: bytes) -> None:
        """A user, or a wild pointer, writes bytes: into both memories."""
        start = self._start(address, len(data), "write")
        self.buffer[start : start + len(data)] = data
        ctypes.memmove(address, data, len(data))
