"""Faulty editions of impl/virtual_memory.py: loads, stores, copies and fills that do more, less, or something else."""

from tests.defects.defect import Defect

PIECES = "        differences = self._differences(address, size, write)\n"
DIFFERENCE = "differences[(place >> PAGE_SHIFT) - first]"

DEFECTS = (
    Defect(
        "writes_through_a_read",
        "a field is stored through a translation that was made for a load",
        "physical = address + self._writable[address >> 12]",
        "physical = address + self._readable[address >> 12]",
        ("virtual_memory.write.granted_whole",),
    ),
    Defect(
        "misses_without_rights",
        "a field is stored after a TLB miss, whether the page can be written or not",
        "            physical = self._translate(address, True)\n",
        "            physical = self._translate(address, False)\n",
        ("virtual_memory.write.granted_whole",),
    ),
    Defect(
        "stores_bytes_without_rights",
        "bytes of one page are stored, whether it can be written or not",
        "self._cells.put(self._translate(address, write), data, 0, size)",
        "self._cells.put(self._translate(address, False), data, 0, size)",
        ("virtual_memory._store_raw.granted_whole",),
    ),
    Defect(
        "loads_one_byte_across",
        "a word that has one byte in the next page is loaded from one frame",
        "if address % PAGE_SIZE <= PAGE_SIZE - width:\n            return self._cells.load(",
        "if address % PAGE_SIZE <= PAGE_SIZE - width + 1:\n            return self._cells.load(",
        ("virtual_memory._load.load_is_what_is_there", "virtual_memory._load.safety"),
    ),
    Defect(
        "stores_one_byte_across",
        "a word that has one byte in the next page is stored in one frame",
        "if address % PAGE_SIZE <= PAGE_SIZE - width:\n            self._cells.store(",
        "if address % PAGE_SIZE < PAGE_SIZE - 1:\n            self._cells.store(",
        ("virtual_memory._store.store_changes_those_bytes_only", "virtual_memory._store.safety"),
    ),
    Defect(
        "forgets_the_last_page",
        "the last page of a range is not looked at, if one byte lies there",
        "        end = address + size\n        while place < end:\n",
        "        end = address + size - 1\n        while place < end:\n",
        ("virtual_memory._differences.granted_whole", "virtual_memory._differences.tells_differences"),
    ),
    Defect(
        "stores_half_before_the_fault",
        "the first page is written before the second one faults",
        PIECES,
        "        length = min(size, PAGE_SIZE - address % PAGE_SIZE)\n"
        "        self._cells.put(self._translate(address, write), data, 0, length)\n" + PIECES,
        ("virtual_memory._store_raw.faults_change_nothing",),
    ),
    Defect(
        "fills_beyond_the_page",
        "a fill does not stop at the end of a page, but goes on in the next frame",
        "self._cells.fill(start, length, byte)",
        "self._cells.fill(start, size - done, byte)",
        ("virtual_memory.fill.safety", "virtual_memory.fill.stands_at.piece"),
    ),
    Defect(
        "copies_to_itself",
        "a copy stores what was at the target",
        "self._store_raw(target, self._load_raw(source, size), True)",
        "self._store_raw(target, self._load_raw(target, size), True)",
        ("virtual_memory.copy.store_changes_those_bytes_only",),
    ),
    Defect(
        "rounds_a_wide_word_down",
        "an 8-byte word that is not aligned is loaded from the multiple of 8 before it",
        "if address & 7:",
        "if address & 3:",
        ("virtual_memory.load_u64.safety", "virtual_memory.load_u64.load_is_what_is_there"),
    ),
    Defect(
        "reads_the_first_field",
        "every field is read where the first one lies",
        "        address += field.offset\n        if address & field.mask:\n            return",
        "        address += 0\n        if address & field.mask:\n            return",
        ("virtual_memory.read.load_is_what_is_there",),
    ),
    Defect(
        "stores_a_field_short",
        "a field that is not aligned is stored as a single byte",
        "self._store(address, field.width, value)",
        "self._store(address, 1, value)",
        ("virtual_memory.write.store_changes_those_bytes_only", "virtual_memory.write.field_refused"),
    ),
    Defect(
        "takes_frames_for_neighbours",
        "bytes of several pages are loaded as if their frames lay side by side",
        f"self._cells.take(place + {DIFFERENCE}, length)",
        "self._cells.take(place + differences[0], length)",
        ("virtual_memory._load_raw.safety", "virtual_memory._load_raw.load_pages.loaded"),
    ),
    Defect(
        "stores_the_first_part_again",
        "every page of a range gets the first bytes of the data",
        "self._cells.put(start, data, done, length)",
        "self._cells.put(start, data, 0, length)",
        ("virtual_memory._store_raw.store_pages.stored",),
    ),
    Defect(
        "stores_what_does_not_fit",
        "a value that no word of that width has is not refused",
        "        check_fits(value, width)\n",
        "        limit_of(width)\n",
        ("virtual_memory._store.safety", "virtual_memory._store.value_refused"),
    ),
    Defect(
        "lets_the_miss_through",
        "what a TLB miss raises comes out of a load of a field",
        "        except KeyError:\n            physical = self._translate(address, False)\n",
        "        except ValueError:\n            physical = self._translate(address, False)\n",
        ("virtual_memory.read.raises_only",),
    ),
    Defect(
        "takes_a_negative_size",
        "a size of -1 is taken for none",
        "        if size < 0:\n",
        "        if size < -1:\n",
        ("virtual_memory._differences.size_refused",),
    ),
    Defect(
        "loses_the_end_of_ram",
        "the last word of RAM is taken for one outside",
        "if slot + Entry.SIZE > self.ram.size:",
        "if slot + Entry.SIZE >= self.ram.size:",
        ("virtual_memory._table_word.ends_with_ram",),
    ),
)
