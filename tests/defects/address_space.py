"""Faulty editions of impl/address_space.py."""

from tests.defects.defect import Defect

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
