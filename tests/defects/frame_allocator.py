"""Faulty editions of impl/frame_allocator.py; each must be refuted and found by the model checker.

``old`` occurs exactly once in the source; replacing it by ``new`` puts the fault in.  ``theorems``
are the theorems that may tell: one of them must be the one violated.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import impl.frame_allocator


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
        text = inspect.getsource(impl.frame_allocator)
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times")
        return text.replace(self.old, self.new)


DEFECTS = (
    Defect(
        "buddy_by_addition",
        "the buddy is computed with + instead of exclusive or",
        "    return index ^ (1 << order)\n",
        "    return index + (1 << order)\n",
        ("frame_allocator.free.join_buddies.aligned", "frame_allocator.free.canonical"),
    ),
    Defect(
        "merge_ignores_order",
        "a free buddy is merged whatever its order",
        "        return record.state == FREE and record.order == order\n",
        "        return record.state == FREE\n",
        ("frame_allocator.free.join_buddies.heads", "frame_allocator.free.join_buddies.covered"),
    ),
    Defect(
        "merges_live_buddy",
        "a buddy of the same order is merged although it is allocated",
        "        return record.state == FREE and record.order == order\n",
        "        return record.state in (FREE, LIVE) and record.order == order\n",
        ("frame_allocator.free.join_buddies.kept", "frame_allocator.free.join_buddies.same_frames"),
    ),
    Defect(
        "merges_beyond_the_area",
        "the record of a buddy outside the area is believed",
        "        if buddy < self.start or buddy >= self.end:\n            return False\n",
        "",
        ("frame_allocator.free.safety", "frame_allocator.free.machine_width"),
    ),
    Defect(
        "never_merges",
        "free does not merge",
        "        while order < MAX_ORDER and self._has_free_buddy(index, order):\n",
        "        while order > MAX_ORDER and self._has_free_buddy(index, order):\n",
        ("frame_allocator.free.canonical",),
    ),
    Defect(
        "split_loses_upper_half",
        "a split does not list the upper half",
        "            self._insert(index + (1 << order), order)\n",
        "            pass\n",
        ("frame_allocator.allocate.take_apart.covered", "frame_allocator.allocate.take_apart.same_frames"),
    ),
    Defect(
        "split_lists_lower_half",
        "a split lists the half that it goes on with",
        "            self._insert(index + (1 << order), order)\n",
        "            self._insert(index, order)\n",
        ("frame_allocator.allocate.take_apart.covered", "frame_allocator.allocate.take_apart.in_hand"),
    ),
    Defect(
        "frees_part_of_a_block",
        "free accepts an area that is smaller than the allocation (G6)",
        "        return record.state == LIVE and size == PAGE_SIZE << record.order\n",
        "        return record.state == LIVE and size <= PAGE_SIZE << record.order\n",
        ("frame_allocator.free.rejects_invalid",),
    ),
    Defect(
        "frees_twice",
        "free accepts a block that is free already",
        "        return record.state == LIVE and size == PAGE_SIZE << record.order\n",
        "        return record.state in (LIVE, FREE) and size == PAGE_SIZE << record.order\n",
        ("frame_allocator.free.rejects_invalid",),
    ),
    Defect(
        "frees_reserved_frames",
        "free accepts reserved frames and the header's own",
        "        return record.state == LIVE and size == PAGE_SIZE << record.order\n",
        "        return record.state != FREE and size == PAGE_SIZE << record.order\n",
        ("frame_allocator.free.rejects_invalid",),
    ),
    Defect(
        "frees_misaligned",
        "free rounds an address down to its frame (G6)",
        "        if not is_aligned(base, PAGE_SIZE) or base < self.origin:\n",
        "        if base < self.origin:\n",
        ("frame_allocator.free.rejects_invalid",),
    ),
    Defect(
        "frees_first_frame_only",
        "free gives only the first frame of a block back (G13)",
        "        self._merge(index, order)\n",
        "        self._merge(index, 0)\n",
        ("frame_allocator.free.join_buddies.covered", "frame_allocator.free.join_buddies.same_frames"),
    ),
    Defect(
        "removal_forgets_back_link",
        "a block that leaves its list is still the prev of the next one",
        "        if after != NONE:\n            self.record(after).prev = before\n",
        "",
        ("frame_allocator.allocate.take_apart.prev_links", "frame_allocator.allocate.take_apart.heads"),
    ),
    Defect(
        "searches_one_order",
        "allocate looks at the list of the wanted order only",
        """        while order <= MAX_ORDER and self._list(order).head == NONE:
            loop(search_upwards, self, order, wanted)
            order = order + 1
""",
        "        if self._list(order).head == NONE:\n            return ORDERS\n",
        ("frame_allocator.allocate.full_only_if_0",),
    ),
    Defect(
        "unsupported_order_shifts_out",
        "an order above 18 is not refused (G7)",
        "        if order > MAX_ORDER:\n            raise NotValid(",
        "        if order > 63:\n            raise NotValid(",
        ("frame_allocator.allocate.unsupported",),
    ),
    Defect(
        "count_of_free_frames_drifts",
        "allocate counts one frame less, whatever the order",
        "        self.free_frames = self.free_frames - (1 << order)\n",
        "        self.free_frames = self.free_frames - 1\n",
        ("frame_allocator.allocate.takes_the_frames", "frame_allocator.allocate.counted"),
    ),
    Defect(
        "allocation_stays_free",
        "a block that is handed out is not marked as live",
        "        record.state = LIVE\n",
        "        record.state = FREE\n",
        ("frame_allocator.allocate.one_more_live",),
    ),
    Defect(
        "stores_a_pointer",
        "a list head is the address of a record, not an index",
        "        free_list.head = index\n",
        "        free_list.head = record.address\n",
        ("frame_allocator.free.relocatable", "frame_allocator.free.safety"),
    ),
    Defect(
        "lends_free_frames",
        "a free block's first frame is lent",
        "        return self._exchange(base, RESERVED, LENT)\n",
        "        return self._exchange(base, FREE, LENT)\n",
        ("frame_allocator.lend.exchanges", "frame_allocator.lend.canonical"),
    ),
    Defect(
        "lends_twice",
        "a frame that is lent is lent again",
        "        if record.state != expected:\n",
        "        if record.state not in (expected, state):\n",
        ("frame_allocator.lend.exchanges",),
    ),
    Defect(
        "aligned_to_the_area",
        "addresses count from the area's base, so alignment is relative to it (G4)",
        "        return Area(self.origin + index * PAGE_SIZE, PAGE_SIZE << order)\n",
        "        return Area(self.origin + self.start * PAGE_SIZE + index * PAGE_SIZE, PAGE_SIZE << order)\n",
        ("frame_allocator.allocate.physically_aligned", "frame_allocator.allocate.right_size"),
    ),
)
