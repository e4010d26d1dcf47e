"""The narrow interface through which every allocator sees the machine.

Three things implement it: the concrete machine (page tables on RAM, or RAM itself), the
prover's symbolic memory (Z3 arrays), and the small word store that CrossHair explores.
"""

from __future__ import annotations

from typing import Any, Protocol

Field = Any
"""A field of a struct (impl/layout.py, which stands above: a struct is a view of a memory)."""
Struct = Any
"""A struct (impl/layout.py)."""


class Array(Protocol):
    """Elements side by side, numbered from 0."""

    def __getitem__(self, number: int, /) -> int: ...


class Memory(Protocol):
    """Typed field access, raw bytes, pages, and a log.  All addresses and sizes are bytes, and machine words.

    A header is a header, whether it was claimed alone or in an array.
    """

    def read(self, field: Field, address: int, /) -> Any:
        """Load ``field`` of the struct at ``address``: an int, or a bool for a flag."""

    def write(self, field: Field, address: int, value: Any, /) -> None:
        """Store ``value`` into ``field`` of the struct at ``address``; it must fit the field's width."""

    def peek(self, field: Field, address: int, /) -> Any:
        """Load ``field`` of what may be a struct at ``address``, or anything else; it lies in mapped pages.

        For a check of what somebody claims to be a header.  Costs one load.
        """

    def array(self, field: Field, address: int, count: int, /) -> Array:
        """``field`` of ``count`` one-byte structs, side by side from ``address`` on; item i is one load of the i-th.

        0 <= i < count.  Good until the next store to any such field: for scans, where a view for every
        element would cost too much.
        """

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """Set every byte of [address, address + size) to ``byte``."""

    def copy(self, target: int, source: int, size: int, /) -> None:
        """Copy ``size`` bytes; the ranges do not overlap."""

    def claim(self, struct: type[Struct], address: int, /) -> None:
        """Ghost: a header of type ``struct`` now lies at ``address``."""

    def release(self, struct: type[Struct], address: int, /) -> None:
        """Ghost: the header of type ``struct`` at ``address`` is gone."""

    def claim_array(self, struct: type[Struct], address: int, count: int, /) -> None:
        """Ghost: ``count`` > 0 headers of type ``struct``, side by side, now lie at ``address``."""

    def release_array(self, struct: type[Struct], address: int, count: int, /) -> None:
        """Ghost: ``count`` > 0 headers of type ``struct``, side by side at ``address``, are gone; each was there."""

    def release_range(self, struct: type[Struct], start: int, end: int, /) -> None:
        """Ghost: every header of type ``struct`` at an address in [start, end) is gone; each of them ends there."""

    def map(self, address: int, pages: int, /) -> bool:
        """Map ``pages`` fresh, zeroed, writable pages at ``address``, all or nothing.

        True iff ``address`` is page-aligned, pages > 0, the range is canonical, none of it is
        mapped, and there are frames for the pages and for the tables they need.  Otherwise
        nothing changes.
        """

    def find_place(self, pages: int, /) -> int:
        """The address of a hole of ``pages`` pages in the machine's window, none of them mapped; nothing is changed.

        NULL iff there is none.  ``map`` grants the pages there iff the free frames suffice for them and their tables.
        """

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap ``pages`` > 0 pages, their frames go back; NotMapped (nothing changed) unless all are mapped."""

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether every page that [address, address + size) touches is mapped, readable and writable.

        False for a range that leaves the address space; an empty one touches no page.  Costs no load or store of
        software.
        """

    def log(self, message: str, /, *values: int) -> None:
        """Report something to the operator; ``values`` fill the ``{}`` of ``message``."""
