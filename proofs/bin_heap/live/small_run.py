"""The real bin heap on a store of plain numbers, every step judged by the small reference model.

After each operation the heap is read out of the store, its structure checked, and compared with
the reference; ``broken`` lists what does not agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.arithmetic import NULL, PAGE_SIZE
from impl.bin_heap import BinHeap
from impl.bin_layout import BITMAP, LISTS, NUM_LISTS, WORDS, BitmapWord, ListEntry
from impl.errors import DrystoneError
from proofs.bin_heap.live.layout import ALLOCATED, GRANULE, HEADER, THRESHOLD, Reader, heads_of
from proofs.bin_heap.live.reference import Reference
from proofs.checking.violation import Violation
from proofs.crosshair.settled import SettledStore, following, settled, unobserved
from proofs.crosshair.word_state import WordState
from proofs.crosshair.word_store import Extent, WordStore

DESCRIPTOR = 0x1000
LOCK = 8
ARENA = 0x3000
"""From here on the machine maps pages."""


class BinRun:
    """An initialised heap whose descriptor lies at DESCRIPTOR; the machine can map ``pages`` pages, from ARENA on."""

    def __init__(self, pages: int) -> None:
        with unobserved():
            self.store = SettledStore(pages)
            self.store.place(BinHeap, DESCRIPTOR)
            for number in range(WORDS):
                self.store.place(BitmapWord, DESCRIPTOR + BITMAP + number * BitmapWord.SIZE)
            for number in range(NUM_LISTS):
                self.store.place(ListEntry, DESCRIPTOR + LISTS + number * ListEntry.SIZE)
            self.store.extents += [(DESCRIPTOR, ARENA)]
            self.heap = BinHeap(self.store, DESCRIPTOR)
            self.reference = Reference(self._granted)
            self.broken: list[str] = []
            self._step("init", self.heap.init, lambda: None, "", ())

    def _granted(self, pages: int) -> int:
        """What the machine did when it was asked for ``pages`` pages last."""
        low, high = self.store.extents[-1]
        granted = self.store.pages_mapped == pages and high - low == pages * PAGE_SIZE
        return low if granted else NULL

    def malloc(self, size: int) -> int:
        """Run and judge ``malloc``."""
        whole = _whole(size)
        return self._step("malloc", lambda: self.heap.malloc(size), lambda: self.reference.malloc(whole), "", (size,))

    def realloc(self, address: int, size: int) -> int:
        """Run and judge ``realloc`` of a plain address."""
        bad = self._bad(address) if address != NULL else ""
        whole = _whole(size)
        return self._step(
            "realloc",
            lambda: self.heap.realloc(address, size),
            lambda: self.reference.realloc(address, whole),
            bad,
            (address, size),
        )

    def free(self, address: int) -> None:
        """Run and judge ``free`` of any word."""
        live = next((b + HEADER for b in self.reference.blocks if b + HEADER == address), address)
        bad = self._bad(live) if live != NULL else ""
        self._step("free", lambda: self.heap.free(live), lambda: self.reference.free(live), bad, (live,))

    def _bad(self, address: int) -> str:
        """The exception for an address that is to be freed or resized; "" for a live block."""
        for b, block in self.reference.blocks.items():
            if b + HEADER == address:
                return "" if block.flags & ALLOCATED else "DoubleFree"
        place = address - HEADER
        clear = place % HEADER == 0 and place > NULL and (place + HEADER <= DESCRIPTOR or place >= DESCRIPTOR + LOCK)
        return "HeapCorruption" if clear and self.store.is_mapped(place, HEADER) else "InvalidFree"

    # ------------------------------------------------------------ judgement

    def _step(
        self, name: str, call: Callable[[], Any], wanted: Callable[[], Any], bad: str, words: tuple[int, ...]
    ) -> int:
        """Run one operation with the arguments ``words``: the right result, or the exception ``bad``, nothing else."""
        with unobserved():
            self.store.pages_mapped = 0
            old, result, raised = WordState(self.store), None, ""
        with following(*words):
            try:
                result = settled(call())
            except DrystoneError as error:
                raised = type(error).__name__
            right = raised == bad and (bool(bad) or result == wanted())
        with unobserved():
            self._settle()
            if not right:
                self.broken.append(f"{name}: {raised or result}")
            if bad and not WordState(self.store).same_memory(old):
                self.broken.append(f"{name} refuses, but changes something")
            self._compare(name)
        return result or NULL

    def _settle(self) -> None:
        """What the reference knows is plain, too."""
        blocks = self.reference.blocks
        for block in blocks.values():
            block.size, block.flags = settled(block.size), settled(block.flags)
        self.reference.blocks = {settled(b): block for b, block in blocks.items()}
        self.reference.bins = {number: [settled(b) for b in bin_] for number, bin_ in self.reference.bins.items()}

    def _compare(self, name: str) -> None:
        """The heap in the store is that of the reference."""
        try:
            found = self.reference.differences(StoreReader(self.store).layout(False))
        except Violation as violation:
            found = [violation.theorem]
        self.broken.extend(f"after {name}: {difference}" for difference in found)


def _whole(size: int) -> int:
    """A small size as whole granules, plain; for the reference these are the same request."""
    whole: int = settled(-(-size // GRANULE) * GRANULE) if size <= THRESHOLD else size
    return whole


# ---------------------------------------------------------------- reading out


class Pages:
    """The pages that the store has mapped."""

    def __init__(self, extents: list[Extent]) -> None:
        self.pages = [
            page for low, high in extents if low >= ARENA for page in range(low // PAGE_SIZE, high // PAGE_SIZE)
        ]

    def covers(self, low: int, high: int) -> bool:
        """Every page that [low, high) touches is mapped."""
        return all(page in self.pages for page in range(low // PAGE_SIZE, -(-high // PAGE_SIZE)))


class Unknown:
    """The bytes of payloads, which the store does not keep."""

    def filled(self, low: int, high: int, byte: int) -> bool:
        """Nobody can tell otherwise."""
        return True


class StoreState:
    """What the reader looks at."""

    def __init__(self, store: WordStore) -> None:
        self.state = WordState(store)
        self.mapped = Pages(store.extents)
        self.bytes = Unknown()

    def fields(self, struct: str) -> Any:
        """The headers of the struct of that name, by field and address."""
        records = [record for record in self.state.records if record.struct.__name__ == struct]
        names = {one.name for record in records[:1] for one in record.struct.FIELDS}
        columns = {name: {r.address: getattr(r.words, name) for r in records} for name in names}
        return type("Columns", (), columns)

    def claimed(self, struct: str) -> tuple[int, ...]:
        """Where headers of that name lie."""
        return self.state.claimed(struct).members


class StoreReader(Reader):
    """Reads a bin heap out of a word store."""

    def __init__(self, store: WordStore) -> None:
        self.store = store
        super().__init__(StoreState(store), DESCRIPTOR)  # type: ignore[arg-type]

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        """The words of the descriptor and its tables."""
        lock = BinHeap(self.store, address).lock
        bits = [BitmapWord(self.store, address + BITMAP + number * BitmapWord.SIZE).value for number in range(WORDS)]
        entries = [ListEntry(self.store, head) for head in heads_of(address)]
        return lock, *bits, *(word for entry in entries for word in (entry.prev, entry.next, entry.list))
