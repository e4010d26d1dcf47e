"""Faulty editions of impl/address_space.py."""

from tests.defects.defect import Defect

DEFECTS = (
    Defect(
        "walks_through_a_missing_table",
        "the walk goes on through an entry that names no table",
        """        if table & PRESENT == 0:
            return 0
        return self._entry(table & FRAME_MASK, page)
""",
        "        return self._entry(table & FRAME_MASK, page)\n",
        ("address_space._find.safety",),
    ),
    Defect(
        "skips_a_level",
        "the walk takes a directory for a table",
        """            return 0
        table = self._entry(directory & FRAME_MASK, page // ENTRIES)
""",
        """            return 0
        table = directory
""",
        ("address_space._find.find_reads_the_map", "address_space._find.safety"),
    ),
    Defect(
        "reads_the_wrong_slot",
        "the last level is indexed as the level above it",
        "        return self._entry(table & FRAME_MASK, page)\n",
        "        return self._entry(table & FRAME_MASK, page // ENTRIES)\n",
        ("address_space._find.find_reads_the_map", "address_space._find.safety"),
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
        ("address_space._find.find_reads_the_map",),
    ),
    Defect(
        "frame_not_cleared",
        "a fresh frame still holds its last owner's bytes (M4)",
        "        self.memory.fill(frame, PAGE_SIZE, 0)\n",
        "",
        ("address_space._new_frame.reads_zero",),
    ),
    Defect(
        "entry_not_counted",
        "a new entry is not counted in the entry above it",
        "            entry.value = entry.value + COUNT_ONE\n",
        "            entry.value = entry.value + 0\n",
        ("address_space._enter.entry_comes",),
    ),
    Defect(
        "last_entry_not_noticed",
        "a table is taken for empty while one entry is left",
        "        return value // COUNT_ONE % COUNT_LIMIT == 0\n",
        "        return value // COUNT_ONE % COUNT_LIMIT <= 1\n",
        ("address_space._leave.tells_emptied",),
    ),
    Defect(
        "table_freed_while_referenced",
        "the frame of a table goes back while an entry still leads to it (M2)",
        """        emptied = self._leave(slot, above)
        self._free_table(table)
""",
        """        emptied = False
        self._free_table(table)
""",
        ("address_space._close.calls._free_table",),
    ),
    Defect(
        "empty_table_kept",
        "the frame of an empty table is not given back",
        "        emptied = self._leave(slot, above)\n        self._free_table(table)\n",
        "        emptied = self._leave(slot, above)\n",
        ("address_space._close.table_goes",),
    ),
    Defect(
        "borrowed_frame_freed",
        "a borrowed frame is freed as if it had been allocated",
        "        if leaf & BORROWED != 0:\n",
        "        if leaf & BORROWED != 0 and leaf & BORROWED == 0:\n",
        ("address_space._give_back.raises_only", "address_space._give_back.frame_goes_back"),
    ),
    Defect(
        "frame_freed_while_mapped",
        "the frame of a page goes back while the page still shows it, and will be mapped twice (M3)",
        "        self._give_back(self._clear_leaf(address))\n",
        "        self._give_back(self._find(address))\n",
        ("address_space._unmap_page.calls._give_back", "address_space._unmap_page.page_has_none"),
    ),
    Defect(
        "table_leaks",
        "a table that is there is replaced by a new one, and is lost",
        "        if Entry(self.memory, slot).value & PRESENT == 0:\n",
        "        if Entry(self.memory, slot).value >= 0:\n",
        ("address_space._open.calls._new_table", "address_space._open.calls._enter"),
    ),
    Defect(
        "top_table_kept",
        "unmapping the last page below an entry of the root leaves an empty table there",
        "and self._close(directory, top):\n",
        "and self._close(directory, top) and top == NO_SLOT:\n",
        ("address_space._clear_leaf.still_none_empty",),
    ),
    Defect(
        "looks_at_one_page_only",
        "of the pages of a range only the first is known to be mapped when unmapping begins",
        """        self._check_mapped(address, pages)
        done = 0
        while done < pages:
            loop("unmap_pages",""",
        """        self._check_mapped(address, 1)
        done = 0
        while done < pages:
            loop("unmap_pages",""",
        ("address_space.unmap.calls._unmap_page", "address_space.unmap.unmap_refuses"),
    ),
    Defect(
        "protects_nothing_but_adds",
        "new flags are added to the old ones",
        "(Entry(self.memory, slot).value & (FRAME_MASK | BORROWED | PRESENT)) + flags)\n",
        "Entry(self.memory, slot).value + flags)\n",
        ("address_space._protect_page.calls._change", "address_space._protect_page.page_has_flags"),
    ),
    Defect(
        "tables_not_counted",
        "map counts the pages only, so that frames run out half-way",
        "        if pages + tables > free:\n",
        "        if pages + tables < tables:\n",
        ("address_space.map.map_refuses", "address_space.map.calls._map_page"),
    ),
    Defect(
        "leaks_a_table_when_frames_run_out",
        "map makes tables before it knows that the frames suffice, and leaves them where they do not",
        """        if pages + tables > free:
            raise PhysicalMemoryFull(f"{pages} pages and {tables} tables, {free} free frames")
        done = 0
        while done < pages:
            loop("map_pages", self, address, done, pages, flags)
            hold("next_page", self, address, done)
""",
        """        done = 0
        while done < pages:
            loop("map_pages", self, address, done, pages, flags)
            if self.frames.free_frames <= self._missing_levels(address + done * PAGE_SIZE):
                if self.frames.free_frames > 0:
                    self._open(slot_of(self.root, address // DIRECTORY_SPAN), NO_SLOT, 0)
                raise PhysicalMemoryFull(f"{tables} tables, {free} free frames")
""",
        ("address_space.map.refused_whole",),
    ),
    Defect(
        "every_page_counts_its_tables",
        "tables that two pages share are counted twice, so that map refuses what would fit",
        "                levels = min(levels, first_in(place))\n",
        "                levels = levels + 0\n",
        ("address_space._missing_tables.count_missing.counted", "address_space.map.map_refuses"),
    ),
    Defect(
        "tables_of_the_first_page_forgotten",
        "of the first page of a range only those tables are counted that begin with it",
        "            if done > 0:\n                levels = min",
        "            if done >= 0:\n                levels = min",
        ("address_space._missing_tables.count_missing.counted", "address_space.map.map_refuses"),
    ),
    Defect(
        "maps_over_a_mapped_page",
        "only the first page of a range is looked at for whether it is mapped already",
        "        tables = self._missing_tables(address, pages)\n        if pages + tables > free:\n",
        "        tables = self._missing_tables(address, 1)\n        if pages + tables * 1 > free:\n",
        ("address_space.map.calls._map_page", "address_space.map.map_refuses"),
    ),
    Defect(
        "forgets_the_flags",
        "the pages of a range are writable whatever was asked for",
        "            self._map_page(address + done * PAGE_SIZE, flags)\n",
        "            self._map_page(address + done * PAGE_SIZE, WRITABLE)\n",
        ("address_space.map.map_pages.fresh", "address_space.map.all_fresh"),
    ),
    Defect(
        "lends_a_frame_too_few",
        "the last frame of a reserved range is mapped but not lent, so that it may be mapped again (M3)",
        "        self._lend(base, pages)\n",
        "        self._lend(base, pages - 1)\n",
        ("address_space.map_reserved.calls._lend", "address_space.map_reserved.map_reserved_refuses"),
    ),
    Defect(
        "frames_stay_lent",
        "where one frame of a reserved range is refused, those before it stay lent",
        "            self.frames.take_back(base + done * PAGE_SIZE)\n",
        "",
        ("address_space._lend.take_frames_back.lent", "address_space._lend.lends_all"),
    ),
    Defect(
        "borrowed_frame_not_marked",
        "the entry of a reserved frame looks like that of an allocated one, and will be freed",
        "frame + flags + BORROWED + PRESENT)\n",
        "frame + flags + PRESENT)\n",
        ("address_space._map_borrowed_page.calls._set_leaf", "address_space._map_borrowed_page.shows_borrowed_frame"),
    ),
)

DESTROYING = (
    Defect(
        "leaves_the_first_entry",
        "destroy does not look at the first entry of the root",
        """        number = 0
        while number < ENTRIES:
            loop("drain_root",""",
        """        number = 1
        while number < ENTRIES:
            loop("drain_root",""",
        ("address_space.destroy.drain_root.passed",),
    ),
    Defect(
        "destroys_a_table_in_use",
        "destroy gives a table back while pages are mapped through it (M2)",
        """                self._drain_table(below)
                self._close(below, slot)
""",
        "                self._close(below, slot)\n",
        ("address_space._drain_directory.calls._close",),
    ),
)
"""Faults that a random history seldom meets: the prover does."""
