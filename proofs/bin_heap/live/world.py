"""What can happen to a bin heap: its operations, its users' mistakes, where the machine maps its pages.

After each call the heap is read out of RAM and compared with a small reference model.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import cast

from impl.address_space import is_canonical_range
from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.bin_layout import ADDRESS_ENTRY, ListEntry
from impl.errors import DrystoneError, HeapCorruption
from model.language.logic import Transition
from proofs.bin_heap.live import sibling
from proofs.bin_heap.live.bench import BENCH
from proofs.bin_heap.live.layout import HEADER, NULL, Layout, read_out
from proofs.bin_heap.live.pointers import refusal
from proofs.bin_heap.live.reference import Reference
from proofs.bin_heap.live.sibling import TABLE_PAGES
from proofs.checking.meter import Meter, OverBound
from proofs.checking.pages import mapped_frames
from proofs.checking.text import shown
from proofs.checking.violation import PreconditionError, Violation
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE, World

RESULT = "the result is the one of the reference model"
RAISES = "an exception is raised exactly where the contract says so, and the right one"
REFUSED = "a call that is refused changes nothing: no byte, no header, no page"
AGREES = "afterwards blocks, bins and flags are those of the reference model"
ASKS = "the machine is asked for pages exactly where no block serves, and for as many as are needed"
FOREIGN = "no byte on pages that are not the heap's is touched"
UNLOCKED = "the lock is given back on every path"
SURVIVE = "realloc keeps the first bytes of the block, as many as the old and the new size have in common"
CLEAR = "every byte that calloc hands out is 0"
DETECTS = "a header whose magic or whose links are damaged is refused, and nothing changes"

BACK = "without any live block every page of the heap went back"

MOST_COST = 10_000
"""Loads and stores that no call of a small heap needs."""

Placement = Callable[[int], int]


class BinHeapWorld(World):
    """A world around one bin heap.  The machine chooses where pages lie, unless somebody aims."""

    bench = BENCH
    descriptor_pages = TABLE_PAGES
    born = False
    """Whether init was called; before that the descriptor holds garbage, and no other call is legal."""

    def __init__(self, frames: int = 128, edition: types.ModuleType | None = None, every: int = 1) -> None:
        super().__init__(frames, edition, every)
        self.checked.memory.watch.moved = self._place
        self.aims: list[Placement] = []
        self.chosen: list[tuple[int, int]] = []
        self.granted: dict[int, int] = {}
        self.reference = Reference(self._grant)
        self.others: list[int] = []
        """The blocks of other bin heaps."""
        self.held_lock = False

    # ------------------------------------------------------------ the machine

    def aim(self, address: int, below: bool) -> None:
        """The next pages are mapped directly below ``address``, if there is room, or from it on."""
        self.note("aim", self.text(address), str(below))
        self.aims.append(lambda pages: max(address - below * pages * PAGE_SIZE, NULL))

    def _place(self, pages: int, place: int) -> int:
        """The address for new pages: what was aimed at, if the pages can lie there; noted."""
        aimed = self.aims.pop(0)(pages) if self.aims else NULL
        address = aimed if place and self._is_hole(aimed, pages) else place
        self.chosen.append((pages, address))
        return address

    def _is_hole(self, address: int, pages: int) -> bool:
        """Whether so many pages from the address on can be mapped, as far as that depends on where they lie."""
        first = address >> PAGE_SHIFT
        vacant = not any(first <= page < first + pages for page in mapped_frames(self.machine))
        return vacant and address != NULL and is_canonical_range(address, pages)

    def _grant(self, pages: int) -> int:
        """What the machine did, for the reference: it was asked for ``pages`` pages, once."""
        return self.granted.get(pages, NULL)

    def settle_at(self, address: int) -> bool:
        """Somebody maps the page at ``address``."""
        self.note("settle_at", self.text(address))
        return self.settle(address)

    def neighbour(self, address: int) -> None:
        """Another bin heap comes to be in pages of its own from ``address`` on, if the machine maps them."""
        self.note("neighbour", self.text(address))
        pages = range(address, address + sibling.PAGES * PAGE_SIZE, PAGE_SIZE)
        if all(self.settle(page) for page in pages):
            self.machine.memory.vandalise(address, sibling.image(address))
            self.others.extend(sibling.payloads(address))

    # ------------------------------------------------------------ operations

    def init(self) -> None:
        """Initialise, or initialise again: what memory the heap had is gone by then, with its address space, say."""
        self.note("init")
        self._end()
        self._judge("init", self._call("init"), "", None)

    def _end(self) -> None:
        """Every page of the heap is unmapped, but for those of its descriptor, which keeps what it held."""
        for kind in ("BlockHeader", "ListEntry"):
            struct = getattr(self.checked.module, kind)
            heads = range(DESCRIPTOR, DESCRIPTOR_PAGE + 2 * PAGE_SIZE)
            for address in [a for a in self.checked.state().claimed(kind) if a not in heads]:
                self.checked.memory.shadow.release(struct, address)
        for page in self.checked.state().mapped.pages.difference(self._tables()):
            self.machine.memory.unmap(page << PAGE_SHIFT, 1)
        self.checked.memory.watch.paged = True
        self.checked.ghost = self.bench.unborn()
        self.contents.clear()
        self.reference = Reference(self._grant)

    def malloc(self, size: int) -> int:
        """Allocate ``size`` bytes; the user fills the block."""
        name = self._named()
        self.note("malloc", str(size), result=name)
        refused = self._refusal(size)
        t = self._call("malloc", size)
        result = self._judge("malloc", t, refused, None if refused else self.reference.malloc(size))
        return self._admitted(result, size, name)

    def calloc(self, count: int, size: int) -> int:
        """Allocate ``count * size`` bytes, which are all 0; the user fills the block."""
        name = self._named()
        self.note("calloc", str(count), str(size), result=name)
        words = 0 <= count < WORD_LIMIT and 0 <= size < WORD_LIMIT
        refused = self._refusal(count, size)
        if words and count * size >= WORD_LIMIT:
            refused = ""  # the lock is not even asked for
        t = self._call("calloc", count, size)
        result = self._judge("calloc", t, refused, None if refused else self.reference.calloc(count, size))
        if result:
            self._look_clear(result, count * size)
        return self._admitted(result, count * size, name)

    def zalloc(self, size: int) -> int:
        """Allocate one object of ``size`` bytes, which are all 0; the user fills it."""
        name = self._named()
        self.note("zalloc", str(size), result=name)
        refused = self._refusal(size)
        t = self._call("zalloc", size)
        result = self._judge("zalloc", t, refused, None if refused else self.reference.malloc(size))
        if result:
            self._look_clear(result, size)
        return self._admitted(result, size, name)

    def realloc(self, address: int, size: int) -> int:
        """Resize the block at ``address``, whatever it is; the user finds what he wrote, and fills the block anew."""
        name = self._named()
        self.note("realloc", self.text(address), str(size), result=name)
        refused = self._refusal(address, size) or self._bad(address)
        t = self._call("realloc", address, size)
        result = self._judge("realloc", t, refused, None if refused else self.reference.realloc(address, size))
        if refused or (size and not result):
            self.look_after("realloc")
            return 0
        kept = self.contents.pop(address, b"")[:size]
        if result and self.machine.memory.load_bytes(result, len(kept)) != kept:
            raise Violation("bin_heap.realloc.survives", SURVIVE, f"{self.journal[-1]}: {len(kept)} bytes")
        return self._admitted(result, size, name)

    def free(self, address: int) -> None:
        """Free ``address``, whatever it is."""
        self.note("free", self.text(address))
        refused = self._refusal(address) or self._bad(address)
        t = self._call("free", address)
        if not refused:
            self.reference.free(address)
        self._judge("free", t, refused, None)
        if not refused:
            self.contents.pop(address, None)
        self.look_after("free")

    def trim(self) -> None:
        """Give free pages back."""
        self.note("trim")
        refused = self._call_alone("trim")
        if not refused and not self.contents:
            kept = self.checked.state().mapped.pages.difference(self._tables())
            self._demand("trim", "pages_back", not kept, BACK, f"{len(kept)} pages are left")
        self.look_after("trim")

    def destroy(self) -> None:
        """Give all pages back; what users had is gone."""
        self.note("destroy")
        if not self._call_alone("destroy"):
            self.contents.clear()
        self.look_after("destroy")

    def _call_alone(self, name: str) -> str:
        """A call without arguments and without a result; why it was refused."""
        refused = "LockError" if self.held_lock else ""
        t = self._call(name)
        if not refused:
            getattr(self.reference, name)()
        self._judge(name, t, refused, None)
        return refused

    def lock(self) -> None:
        """Somebody holds the lock."""
        self.note("lock")
        self._judge_lock("acquire_lock", True)

    def unlock(self) -> None:
        """He gives it back."""
        self.note("unlock")
        self._judge_lock("release_lock", False)

    def inner(self, name: str, argument: int) -> None:
        """A documented inner function that changes nothing is called as it stands; its contract judges it."""
        self.note("inner", repr(name), str(argument))
        self._call(name, argument)

    def _judge_lock(self, name: str, wanted: bool) -> None:
        refused = "LockError" if self.held_lock == wanted else ""
        t = self._call(name)
        self.held_lock = wanted
        self._judge(name, t, refused, None)

    # ------------------------------------------------------------ mischief

    def damage(self, address: int, start: int, data: bytes) -> None:
        """A stray write over the header of the live block at ``address``: free and realloc refuse; it is mended."""
        self.note("damage", self.text(address), str(start), repr(data))
        place = address - HEADER + start
        with self.machine.counter.paused():
            was = bytes(self.machine.memory._load_raw(place, len(data)))
            self.checked.vandalise(place, data)
            before = self.checked.state()
            for name, arguments in (("free", (address,)), ("realloc", (address, 100))):
                try:
                    getattr(self.checked.quick_heap, name)(*arguments)
                    outcome = "was not refused"
                except HeapCorruption:
                    outcome = "" if self.checked.state().same_memory(before) else "changed something"
                if outcome:
                    raise Violation(f"bin_heap.{name}.detects_damage", DETECTS, f"{self.journal[-1]}: {name} {outcome}")
            self.checked.vandalise(place, was)
            self.checked.damaged = False

    def misdirect(self, address: int, target: int, name: str, *arguments: int) -> None:
        """A stray write lets the link down from the block at ``address`` lead up to that at ``target``; it is mended.

        The operation comes to the link before it changes anything, and refuses.
        """
        self.note("misdirect", self.text(address), self.text(target), repr(name), *map(str, arguments))
        link, counter = address - HEADER + ADDRESS_ENTRY + ListEntry.prev.offset, cast(Meter, self.machine.counter)
        ram = self.machine.ram.buffer[:]
        self.checked.vandalise(link, (target - HEADER + ADDRESS_ENTRY).to_bytes(WORD_BYTES, "little"))
        before, outcome = self.checked.state(), ""
        try:
            with counter.at_most(MOST_COST):
                getattr(self.checked.quick_heap, name)(*arguments)
            outcome = "was not refused"
        except OverBound as endless:
            outcome = f"is {endless}"
        except HeapCorruption:
            outcome = "" if self.checked.state().same_memory(before) else "changed something"
        except DrystoneError as error:
            outcome = f"ends with {type(error).__name__}"
        self.machine.ram.buffer[:] = ram
        self.checked.damaged = False
        if outcome:
            raise Violation(f"bin_heap.{name}.detects_damage", DETECTS, f"{self.journal[-1]}: {name} {outcome}")

    def forge(self, address: int, offset: int, model: int) -> None:
        """The user of the block at ``address`` writes a copy of the header at ``model`` into it."""
        self.note("forge", self.text(address), str(offset), self.text(model))
        journal = len(self.journal)
        with self.machine.counter.paused():
            copy = self.machine.memory._load_raw(model, HEADER)
        self.write(address, offset, copy)
        del self.journal[journal:]

    # ------------------------------------------------------------ what must come of a call

    def _named(self) -> str:
        self.blocks += 1
        return f"a{self.blocks}"

    def _call(self, name: str, *arguments: int) -> Transition:
        """One checked operation; ``granted`` says what the machine did about pages."""
        self.born = self.born or name == "init"
        if not self.born:
            raise PreconditionError(f"{name} before init")
        self.chosen.clear()
        t = self.call(name, *arguments)
        self.granted = {} if t.map_refused else dict(self.chosen)
        return t

    def _refusal(self, *words: int) -> str:
        """Why the arguments or the lock rule any such call out."""
        if not all(0 <= word < WORD_LIMIT for word in words):
            return "ValueError"
        return "LockError" if self.held_lock and words != (NULL,) * len(words) else ""

    def _bad(self, address: int) -> str:
        """The exception for an address that is to be freed or resized; "" for NULL and for a live block."""
        block = address - HEADER
        if address == NULL or self.reference.is_live(address):
            return ""
        if address % HEADER or block <= NULL or not self._readable(block):
            return "InvalidFree"
        with self.machine.counter.paused():
            return refusal(self._word, self._readable, DESCRIPTOR, block)

    def _word(self, address: int) -> int:
        """What a word of memory says."""
        return int.from_bytes(self.machine.memory._load_raw(address, WORD_BYTES), "little")

    def _readable(self, place: int, size: int = HEADER) -> bool:
        """Whether ``size`` bytes at ``place`` are mapped and clear of the lock."""
        mapped = mapped_frames(self.machine)
        clear = place >= DESCRIPTOR + WORD_BYTES or place + size <= DESCRIPTOR
        return clear and all(page in mapped for page in (place >> PAGE_SHIFT, place + size - 1 >> PAGE_SHIFT))

    # ------------------------------------------------------------ judgement

    def _judge(self, name: str, t: Transition, refused: str, result: int | None) -> int:
        """Compare what the call did with what it had to do; its result, NULL if it has none."""
        outcome = f"{t.raised or 'nothing'}, not {refused or 'nothing'}"
        self._demand(name, "raises", t.raised == refused, RAISES, outcome)
        self._demand(name, "result", t.result == result, RESULT, f"{shown(t.result)}, not {shown(result)}")
        changed = [page for page in t.new.changed_pages(t.old) if not self._own(page, t)]
        self._demand(name, "foreign_bytes_kept", not changed, FOREIGN, f"pages {[hex(page) for page in changed]}")
        layout = read_out(t.new, DESCRIPTOR)
        self._demand(name, "lock_released", layout.lock == self.held_lock, UNLOCKED, f"the lock is {layout.lock}")
        if refused or (result == NULL and not self._freed(t)):
            self._demand(name, "refusal_changes_nothing", t.new.same_memory(t.old), REFUSED, "")
        self._agree(name, layout)
        return result or NULL

    def _agree(self, name: str, layout: Layout) -> None:
        differences = self.reference.differences(layout)
        self._demand(name, "agrees_with_reference", not differences, AGREES, "\n".join(differences))
        asked = [pages for pages, _ in self.chosen]
        needed = self.reference.needed()
        self._demand(name, "asks_for_pages", asked == needed, ASKS, f"for {asked}, not {needed}")

    def _own(self, page: int, t: Transition) -> bool:
        """Whether the heap may write to the page."""
        return bool(t.new.mapped[page] or t.old.mapped[page])

    def _tables(self) -> range:
        """The pages of the descriptor and its tables."""
        first = DESCRIPTOR_PAGE >> PAGE_SHIFT
        return range(first, first + self.descriptor_pages)

    def _freed(self, t: Transition) -> bool:
        """Whether the call is a realloc to nothing."""
        return t.arguments.get("address", NULL) != NULL and t.arguments.get("size") == 0

    def _admitted(self, address: int, size: int, name: str) -> int:
        """The user of a new block fills it; everybody looks after his own."""
        if address:
            self.admit(address, size, name)
        self.look_after("malloc")
        return address

    def _look_clear(self, address: int, size: int) -> None:
        if self.machine.memory.load_bytes(address, size).strip(b"\0"):
            raise Violation("bin_heap.calloc.zeroed", CLEAR, f"{self.journal[-1]}: {size} bytes at {address:#x}")

    def _demand(self, operation: str, law: str, truth: bool, sentence: str, detail: str) -> None:
        if not truth:
            state = self.bench.picture(self.checked.state(), DESCRIPTOR, None)
            raise Violation(f"bin_heap.{operation}.{law}", sentence, f"{self.journal[-1]}: {detail}\n{state}")
