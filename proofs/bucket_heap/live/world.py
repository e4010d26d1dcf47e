"""What can happen to a bucket heap: its operations, its users' mistakes, the memory that the caller gives it.

After each call the heap is read out of RAM and compared with a small reference model.
"""

from __future__ import annotations

import types
from collections.abc import Collection
from typing import Any, cast

from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.bucket_heap_layout import Extent
from impl.errors import DrystoneError, HeapCorruption
from impl.layout import Struct
from model.language.logic import Transition
from proofs.bucket_heap.live.bench import BENCH
from proofs.bucket_heap.live.layout import NULL, read_out
from proofs.bucket_heap.live.reference import Reference
from proofs.checking.memory import QuickMemory
from proofs.checking.meter import Meter, OverBound
from proofs.checking.text import shown
from proofs.checking.violation import Violation
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE, World, pattern

FLUSHED = 0xDB
"""What the caller writes into an extent that he got back."""

RESULT = "the result is one of those that the reference model allows"
VALUE_ERROR = "ValueError exactly for an argument that is no machine word"
REFUSED = "a refused call changes nothing: no byte, no header, no page"
AGREES = "afterwards the heap's extents, pages and live blocks are those of the reference model"
BYTES = "no byte outside headers and new extents is touched"
DETECTS = "a walk that comes to a link which leads down, or nowhere, ends with HeapCorruption and changes nothing"
MOST_COST = 10_000
"""Loads and stores of a walk over a damaged list, more than any that ends takes."""
FLUSHES = (
    "every extent is handed to flush exactly once, in the order of addresses, and no page is mapped or unmapped else"
)


class Unnoticed(QuickMemory):
    """The machine's memory, whose shadow stays as it is."""

    def claim(self, struct: type[Struct], address: int, count: int = 1, /) -> None:
        """Nothing is claimed."""

    def release(self, struct: type[Struct], address: int, count: int = 1, /) -> None:
        """Nothing is released."""

    def release_range(self, struct: type[Struct], low: int, high: int, /) -> None:
        """Nothing is released."""


class BucketHeapWorld(World):
    """A world around one bucket heap.  Its memory is mapped, and unmapped, by the caller."""

    bench = BENCH
    born = False
    """Whether init has ever succeeded; before that the descriptor holds garbage, and no other call is legal."""

    def __init__(self, frames: int = 256, edition: types.ModuleType | None = None, every: int = 1) -> None:
        super().__init__(frames, edition, every)
        self.checked.disown(DESCRIPTOR_PAGE, 1)
        self.pages = {DESCRIPTOR_PAGE >> PAGE_SHIFT}
        self.reference = Reference(DESCRIPTOR, self.is_mapped)

    @property
    def alive(self) -> bool:
        """Whether the heap has an extent."""
        return bool(self.reference.extents)

    def is_mapped(self, address: int, size: int) -> bool:
        """Whether the caller has mapped all of [address, address + size)."""
        return all(page in self.pages for page in range(address >> PAGE_SHIFT, (address + size - 1 >> PAGE_SHIFT) + 1))

    def sit(self, descriptor: int) -> None:
        """The caller keeps the descriptor at another address."""
        super().sit(descriptor)
        self.reference = Reference(descriptor, self.is_mapped)

    # ------------------------------------------------------------ the caller

    def withdraw(self, address: int, size: int) -> None:
        """The caller unmaps the pages that lie in [address, address + size); the heap does not use them."""
        self.note("withdraw", self.text(address), str(size))
        self._withdraw(address, size)

    def provide(self, address: int, pages: int, content: int = 0) -> None:
        """The caller maps those of ``pages`` pages at ``address`` that are not mapped; they hold zeros, or garbage."""
        self.note("provide", self.text(address), str(pages), str(content))
        first = address >> PAGE_SHIFT
        for page in range(first, first + pages):
            if page not in self.pages:
                self.checked.memory.map(page << PAGE_SHIFT, 1)
                self.pages.add(page)
                if content:
                    self.machine.memory.store_bytes(page << PAGE_SHIFT, pattern(content, PAGE_SIZE))

    def _withdraw(self, address: int, size: int) -> None:
        """The caller unmaps the pages that lie in [address, address + size)."""
        for page in range(-(-address >> PAGE_SHIFT), address + size >> PAGE_SHIFT):
            self.checked.memory.unmap(page << PAGE_SHIFT, 1)
            self.pages.discard(page)

    # ------------------------------------------------------------ operations

    def init(self, address: int, size: int, page_size: int) -> int:
        """Start a heap."""
        self.note("init", self.text(address), str(size), str(page_size))
        t = self.call("init", address, size, page_size)
        expected = NULL if t.raised else self.reference.init(address, size, page_size)
        self.born = self.born or t.result == 0
        return self._judge("init", t, (expected,), (address, address + size))

    def extend(self, address: int, size: int) -> int:
        """Add an extent."""
        self.note("extend", self.text(address), str(size))
        t = self.call("extend", address, size)
        expected = NULL if t.raised else self.reference.extend(address, size)
        return self._judge("extend", t, (expected,), (address, address + size))

    def alloc(self, size: int) -> int:
        """Allocate ``size`` bytes; the user fills the block."""
        self.blocks += 1
        name = f"a{self.blocks}"
        self.note("alloc", str(size), result=name)
        t = self.call("alloc", size)
        allowed = (NULL,) if t.raised else self.reference.may_return(size)
        if t.result and t.result in allowed:
            self.reference.take(size, t.result)
        self._judge("alloc", t, allowed)
        address = t.result or NULL
        if address:
            self.admit(address, size, name)
        return int(address)

    def free(self, address: int) -> int:
        """Free ``address``, whatever it is."""
        self.note("free", self.text(address))
        t = self.call("free", address)
        expected = NULL if t.raised else self.reference.free(address)
        if not t.raised and expected == 0:
            self.contents.pop(address)
        return self._judge("free", t, (expected,))

    def destroy(self, unmap: bool = False) -> int:
        """Take the heap down; the caller overwrites each extent at once, or unmaps it."""
        self.note("destroy", str(unmap))
        flushed: list[tuple[int, int]] = []

        def flush(address: int, size: int) -> None:
            flushed.append((address, size))
            self.checked.memory.log("flushed", address)
            with self.machine.counter.paused():
                self.checked.memory.fill(address, size, FLUSHED)
                if unmap:
                    self._withdraw(address, size)

        self.contents.clear()
        size = self.reference.extent_size
        expected = [(extent, size) for extent in self.reference.destroy()]
        t = self.call("destroy", flush)
        if flushed != expected:
            raise Violation("bucket_heap.destroy.flushes", FLUSHES, f"{flushed}, not {expected}")
        low = min((a for a, _ in expected), default=0)
        high = max((a + size for a, size in expected), default=0)
        return self._judge("destroy", t, (0 if expected else -22,), (low, high))

    # ------------------------------------------------------------ mischief

    def misdirect(self, link: int, target: int, name: str, *arguments: int) -> None:
        """A stray write lets a link of extents or free pages lead to ``target``, which is no higher; it is mended.

        The operation comes to the link, and sees it.  destroy has handed out the extents before it by then.
        """
        self.note("misdirect", self.text(link), self.text(target), repr(name), *map(str, arguments))
        ram, flushed, counter = self.machine.ram.buffer[:], list[int](), cast(Meter, self.machine.counter)
        self.checked.vandalise(link, target.to_bytes(WORD_BYTES, "little"))
        before, outcome = self.checked.state(), ""
        given = [lambda address, _: flushed.append(address)] if name == "destroy" else arguments
        try:
            with counter.at_most(MOST_COST):
                getattr(self._apart(), name)(*given)
            outcome = "was not refused"
        except OverBound as endless:
            outcome = f"is {endless}"
        except HeapCorruption:
            if name != "destroy" and not self.checked.state().same_memory(before):
                outcome = "changed something"
        except DrystoneError as error:
            outcome = f"ends with {type(error).__name__}"
        extents = [extent for extent in self.reference.extents if extent + Extent.next.offset < link]
        if not outcome and name == "destroy" and flushed != extents:
            outcome = f"flushed {flushed}, not {extents}"
        self.machine.ram.buffer[:] = ram
        self.checked.damaged = False
        if outcome:
            detail = f"{self.journal[-1]}: {name} {outcome}"
            raise Violation(f"bucket_heap.{name}.detects_damage", DETECTS, detail)

    def _apart(self) -> Any:
        """The heap for a call of which nothing remains: the shadow does not notice what it claims and gives back."""
        return type(self.checked.quick_heap)(Unnoticed(self.checked.memory), self.checked.address)

    # ------------------------------------------------------------ judgement

    def _judge(self, name: str, t: Transition, allowed: Collection[int], new: tuple[int, int] = (0, 0)) -> int:
        """Compare with the reference what the call did; only in [new[0], new[1]) may bytes have changed."""
        words = all(0 <= value < WORD_LIMIT for value in t.arguments.values() if isinstance(value, int))
        self._demand(name, "raises", (t.raised == "ValueError") == (not words), VALUE_ERROR, t.raised)
        if not t.raised:
            detail = f"{shown(t.result)}; allowed: {', '.join(shown(a) for a in sorted(allowed)[:8])}"
            self._demand(name, "result", t.result in allowed, RESULT, detail)
        refused = bool(t.raised) or t.result == (NULL if name == "alloc" else -22)
        if refused:
            self._demand(name, "refusal_changes_nothing", t.new.same_memory(t.old), REFUSED, "")
            new = (0, 0)
        self._demand(name, "bytes_kept", t.new.bytes.unchanged_outside(t.old, *new), BYTES, "")
        if self.born:
            differences = self.reference.differences(read_out(t.new, self.checked.address))
            self._demand(name, "agrees_with_reference", not differences, AGREES, "\n".join(differences))
        self.look_after(name)
        return -22 if t.raised else int(t.result)

    def _demand(self, operation: str, law: str, truth: bool, sentence: str, detail: str) -> None:
        if not truth:
            state = self.bench.picture(self.checked.state(), self.checked.address, None) if self.born else ""
            raise Violation(f"bucket_heap.{operation}.{law}", sentence, f"{self.journal[-1]}: {detail}\n{state}")
