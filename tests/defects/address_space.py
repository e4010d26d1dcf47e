"""Faulty editions of impl/address_space.py; each must be refuted and found by the model checker.

``old`` occurs exactly once in the source; replacing it by ``new`` puts the fault in.  ``theorems``
are the theorems that may tell: one of them must be the one violated.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import impl.address_space


@dataclass(frozen=True)
class Defect:
    """One fault."""

    name: str
    fault: str
    old: str
    new: str
    theorems: tuple[str, ...]

    def source(self) -> str:
        """The text of the faulty edition."""
        text = inspect.getsource(impl.address_space)
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times")
        return text.replace(self.old, self.new)


DEFECTS = (
    Defect(
        "walks_through_a_missing_table",
        "the walk goes on through an entry that names no table",
        """        if table & PRESENT == 0:
            return 0
        return self._entry(table & FRAME_MASK, address, PAGE_SPAN)
""",
        "        return self._entry(table & FRAME_MASK, address, PAGE_SPAN)\n",
        ("address_space.walk.safety",),
    ),
    Defect(
        "skips_a_level",
        "the walk takes a directory for a table",
        """            return 0
        table = self._entry(directory & FRAME_MASK, address, TABLE_SPAN)
""",
        """            return 0
        table = directory
""",
        ("address_space.walk.walk_reads_the_map", "address_space.walk.safety"),
    ),
    Defect(
        "reads_the_wrong_slot",
        "the last level is indexed as the level above it",
        "        return self._entry(table & FRAME_MASK, address, PAGE_SPAN)\n",
        "        return self._entry(table & FRAME_MASK, address, TABLE_SPAN)\n",
        ("address_space.walk.walk_reads_the_map", "address_space.walk.safety"),
    ),
    Defect(
        "translates_to_the_page",
        "translate forgets the offset in the page",
        "        return (entry & FRAME_MASK) + address % PAGE_SIZE\n",
        "        return entry & FRAME_MASK\n",
        ("address_space.translate.translate_reads_the_map",),
    ),
    Defect(
        "flags_leak_into_the_address",
        "translate takes the flags of the entry for address bits",
        "        return (entry & FRAME_MASK) + address % PAGE_SIZE\n",
        "        return entry - entry % PAGE_SIZE + address % PAGE_SIZE\n",
        ("address_space.translate.translate_reads_the_map",),
    ),
    Defect(
        "translates_what_is_not_mapped",
        "translate believes an entry that is not present",
        '        if entry & PRESENT == 0:\n            raise NotMapped(f"{address:#x} is not mapped")\n',
        "",
        ("address_space.translate.translate_raises",),
    ),
    Defect(
        "accepts_any_address",
        "addresses that are not canonical are walked as if their upper bits did not count",
        "        if self.root == NO_ROOT or not is_canonical(address):\n",
        "        if self.root == NO_ROOT:\n",
        ("address_space.walk.walk_reads_the_map",),
    ),
)
