"""Faulty editions of impl/virtual_memory.py: what a missing invalidation does to loads and stores."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import impl.virtual_memory


@dataclass(frozen=True)
class PagingDefect:
    """``old`` occurs exactly once in the source; ``new`` puts the ``fault`` in, which breaks ``theorems``."""

    name: str
    fault: str
    old: str
    new: str
    theorems: tuple[str, ...]

    def source(self) -> str:
        """The text of the faulty edition."""
        text = inspect.getsource(impl.virtual_memory)
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times")
        return text.replace(self.old, self.new)


DEFECTS = (
    PagingDefect(
        "unmaps_without_invalidation",
        "unmap leaves the page's translation in the TLB (M1)",
        "        self.space.unmap(address, pages)\n        self.invalidate(address, pages)\n",
        "        self.space.unmap(address, pages)\n",
        ("address_space.unmap.tlb",),
    ),
    PagingDefect(
        "invalidates_the_first_page_only",
        "unmap of a range invalidates its first page",
        "        self.space.unmap(address, pages)\n        self.invalidate(address, pages)\n",
        "        self.space.unmap(address, pages)\n        self.invalidate(address, 1)\n",
        ("address_space.unmap.tlb",),
    ),
    PagingDefect(
        "protects_without_invalidation",
        "protect leaves a writable translation in the TLB",
        "        self.space.protect(address, pages, flags)\n        self.invalidate(address, pages)\n",
        "        self.space.protect(address, pages, flags)\n",
        ("address_space.protect.tlb",),
    ),
    PagingDefect(
        "forgets_the_user_bit",
        "a program reads the supervisor's pages",
        "        if self.user_mode and not granted & USER:\n",
        "        if self.user_mode and not entry & PRESENT:\n",
        ("address_space.load.faults", "address_space.store.faults"),
    ),
    PagingDefect(
        "writes_what_is_read_only",
        "a store through a translation that was made for a load",
        "        if write and not granted & WRITABLE:\n",
        "        if write and not granted & PRESENT:\n",
        ("address_space.store.faults", "address_space.store.tlb"),
    ),
)
