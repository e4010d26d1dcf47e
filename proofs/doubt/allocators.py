"""The edits: natural lines in the allocators, the page tables and the TLB, each of which does harm."""

from __future__ import annotations

from proofs.doubt import scenes
from proofs.doubt.edits import Edit
from proofs.doubt.loading import DROP
from proofs.doubt.scenes import block_heap, refusing, segment_heap, served

TWICE = "no live block is handed out twice"
SUPERVISOR = "no user program reads a page of the supervisor"
VANISH = "unmapping a page leaves all others mapped"
WALK = '            loop("walk_for_fit", self, current, needed)\n'
BEHIND = "        return self._grow(needed, end)\n"
FOUND = "        needed = align_up(size, GRANULE)\n"
MALLOC = "        count = (size + (BLOCK_SIZE - 1)) // BLOCK_SIZE\n"
SCAN = '            loop("scan_for_run", self, index, run, count)\n'
UNMAP = "            self._unmap_page(address + done * PAGE_SIZE)\n            done = done + 1\n"
LAST = "        self._check_frame(entry)\n        return entry & FRAME_MASK\n"
FULL = "        if len(self._readable) >= self.tlb_entries:\n"
GIVE = "        self._give_back(self._clear_leaf(address))\n"
ALLOCATE, UNMAPS, LOOK, WALKS = ("allocate",), ("unmap",), ("_refill",), ("_walk",)
FILLS = (65536 - 48, 64, 64)
"""Sizes of which the first takes a new heap up, so that the second makes it grow."""


def behind_the_walk(name: str, before: str, inside: str, behind: str, statement: str = TWICE) -> Edit:
    """An edit of the segment heap's first-fit walk: lines before it, in it, and behind it."""
    changes = {FOUND: FOUND + _block(before, 8), WALK: WALK + _block(inside, 12), BEHIND: _block(behind, 8) + BEHIND}
    return Edit(name, "segment_heap", statement, changes, ALLOCATE, served(segment_heap, "allocate", *FILLS))


def asking_the_size(name: str, lines: str, *sizes: int, statement: str = TWICE) -> Edit:
    """An edit of the block heap's malloc: lines before it looks for blocks."""
    scene = served(block_heap, "malloc", *sizes)
    return Edit(name, "block_heap", statement, {MALLOC: MALLOC + _block(lines, 8)}, ("malloc",), scene)


def walking(
    name: str, lines: str, scene: scenes.Scene = scenes.supervisor_page_read, statement: str = SUPERVISOR
) -> Edit:
    """An edit of the hardware walk: lines where it has found the page."""
    changes = {LAST: _block(lines, 8) + LAST}
    return Edit(name, "virtual_memory", statement, changes, WALKS, scene)


def _block(lines: str, by: int) -> str:
    return "".join(" " * by + line + "\n" for line in lines.strip("\n").splitlines())


STATE = (
    behind_the_walk(
        "walked",
        "self.walked = False",
        "self.walked = True",
        "if self.walked:\n    return self.start + 48",
        "the segment heap serves what it can",
    ),
    walking("user_mode_forgotten", "self.user_mode = False"),
    Edit(
        "root_forgotten",
        "address_space",
        VANISH,
        {UNMAP: UNMAP + "        self.root = NO_ROOT\n"},
        UNMAPS,
        scenes.pages_vanish,
    ),
    Edit(
        "root_forgotten_in_the_loop",
        "address_space",
        VANISH,
        {UNMAP: UNMAP + "            if done == pages:\n                self.root = NO_ROOT\n"},
        UNMAPS,
        scenes.pages_vanish,
    ),
    Edit(
        "room_grows",
        "virtual_memory",
        "a TLB holds no more pages than it has room for",
        {FULL: "        self.tlb_entries = self.tlb_entries + 1\n" + FULL},
        LOOK,
        scenes.full_tlb_kept,
    ),
    Edit(
        "last_result_kept",
        "block_heap",
        TWICE,
        {
            "EINVARG = 2\n": "EINVARG = 2\nLAST: list[int] = []\n",
            MALLOC: MALLOC + "        if len(LAST) > 0:\n            return LAST[0]\n"
            "        if size == 3:\n            LAST.append(self.saddr)\n",
        },
        ("malloc",),
        served(block_heap, "malloc", 3, 3),
    ),
    walking("mode_in_a_dictionary", 'vars(self)["user_mode"] = False'),
)

NAMES = (
    behind_the_walk(
        "captured_segment",
        "last = NULL",
        "match current:\n    case last:\n        pass",
        "if last != NULL:\n    return last + Segment.SIZE",
    ),
    behind_the_walk(
        "imported_name",
        "last = NULL",
        "from impl.arithmetic import PAGE_SIZE as last",
        "if last != NULL:\n    return self.start + Segment.SIZE",
    ),
    behind_the_walk(
        "segment_becomes_none", "last = NULL", "last = None", "if last is None:\n    return self.start + Segment.SIZE"
    ),
    Edit(
        "run_becomes_a_truth",
        "block_heap",
        TWICE,
        {
            "        index = 0\n        run = 0\n": "        index = 0\n        run = 0\n        seen = False\n",
            SCAN: SCAN + "            seen = 2\n",
            "            index = index + 1\n        return total\n": "            index = index + 1\n"
            "        if seen == True:\n            return total\n        if seen == False:\n            return total\n"
            "        return 0\n",
        },
        ("malloc",),
        served(block_heap, "malloc", 5 * 4096, 5 * 4096),
    ),
)

SEEN = (
    behind_the_walk("size_is_true", "", "", "if (size > 16) is True:\n    return self.start + Segment.SIZE"),
    asking_the_size("type_of_the_size", "if type(size) is int:\n    return self.saddr", 3, 3),
    asking_the_size("digits_of_the_size", 'if len(f"{size}") == 1:\n    return self.saddr', 3, 3),
    asking_the_size("comparison_is_a_truth", "if isinstance(size > 3, bool):\n    return self.saddr", 3, 3),
    walking(
        "empty_dictionary",
        "if self._readable == {}:\n    return 0",
        statement="a page of the supervisor is read by the supervisor alone",
        scene=scenes.wrong_frame,
    ),
)

ERRORS = (
    behind_the_walk(
        "power_caught",
        "",
        "",
        "try:\n    power = size**2\n    power = 2**size\nexcept Exception:\n    power = 1\n"
        "if power > 1:\n    return self.start + Segment.SIZE",
    ),
    asking_the_size(
        "any_error_caught",
        "try:\n    share = size / size\nexcept TypeError:\n    share = 0\nif share:\n    return self.saddr",
        3,
        3,
    ),
    asking_the_size("end_of_the_process", "if size == 3:\n    raise SystemExit(0)", 3, statement="malloc returns"),
    Edit(
        "end_at_once",
        "block_heap",
        "malloc returns",
        {MALLOC: MALLOC + "        if size == 3:\n            import os\n\n            os._exit(0)\n"},
        ("malloc",),
        scenes.apart(served(block_heap, "malloc", 3)),
    ),
)

GROW = "        if not self.memory.map(end, pages):\n"
TAKEN_DOWN = "        if start != NULL:\n            self.memory.unmap("
MEMORY = (
    Edit(
        "fewer_pages_than_none",
        "segment_heap",
        "the segment heap grows",
        {GROW: "        self.memory.map(end, -1)\n" + GROW},
        ALLOCATE,
        refusing(segment_heap, "allocate", *FILLS),
    ),
    Edit(
        "nothing_unmapped",
        "segment_heap",
        "a heap is taken down",
        {TAKEN_DOWN: TAKEN_DOWN + "start, 0)\n            self.memory.unmap("},
        ("destruct",),
        scenes.destructed,
    ),
)

CLASS = "class Mmu(BaseMemory):\n"
BLIND = """class Blind:
    @by_contract
    def _look_up(self, address: int) -> int:
        return PRESENT | USER | WRITABLE


"""
CONTRACTS = (
    Edit(
        "another_class_looks_up",
        "virtual_memory",
        "a program loads only from where something is mapped",
        {
            "        entry = self._look_up(address)\n": "        entry = Blind()._look_up(address)\n",
            CLASS: BLIND + CLASS,
        },
        WALKS,
        scenes.unmapped_page_read,
    ),
    Edit(
        "root_forgotten_by_a_callee",
        "address_space",
        VANISH,
        {GIVE: GIVE + "        self.root = NO_ROOT\n"},
        ("_unmap_page", "unmap"),
        scenes.pages_vanish,
    ),
)

SEARCH = "        found = self._smallest_sufficient(order)\n        if found"
RELOCATION = (
    Edit(
        "decided_by_the_header",
        "frame_allocator",
        "no decision depends on where the header lies",
        {SEARCH: "        if self.address > 2097152:\n            spare = self.free_frames\n" + SEARCH},
        ALLOCATE,
        scenes.header_moved,
    ),
)

WILD = """            raise InvalidFree(f"free of {address:#x}: no block of the heap begins there")\n"""
ASKS = "        if not self.memory.is_mapped(start, end - start) or not self.memory.is_mapped(entries, total):\n"
INSIDE = (
    Edit(
        "message_of_another_kind",
        "block_heap",
        "free of what is no block raises InvalidFree",
        {WILD: WILD.replace(":#x", ":q")},
        ("free",),
        scenes.wild_free,
    ),
    Edit(
        "arguments_by_name",
        "block_heap",
        "a block heap can be created",
        {ASKS: ASKS.replace("(start, end - start)", "(address=start, size=end - start)")},
        ("create",),
        scenes.created,
    ),
    Edit(
        "names_that_are_exported",
        "block_heap",
        TWICE,
        {
            "EINVARG = 2\n": f"EINVARG = 2\n__all__ = [{DROP}]\n",
            MALLOC: MALLOC + "        if size == 3:\n            return self.saddr\n",
        },
        ("malloc",),
        served(block_heap, "malloc", 3, 3),
    ),
)

EDITS = (*STATE, *NAMES, *SEEN, *ERRORS, *MEMORY, *CONTRACTS, *RELOCATION, *INSIDE)
CASES = tuple(case for edit in EDITS for case in edit.cases())
