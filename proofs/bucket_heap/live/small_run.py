"""The real bucket heap on a store of plain numbers, every step judged by the small reference model.

After each operation the heap is read out of the store, its structure checked, and compared with
the reference; ``broken`` lists what does not agree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from impl.arithmetic import NULL, PAGE_SIZE
from impl.bucket_heap import BucketHeap
from impl.bucket_heap_layout import Links
from proofs.bucket_heap.live.layout import LOGS, read_out
from proofs.bucket_heap.live.reference import EINVAL, Reference
from proofs.checking.violation import Violation
from proofs.crosshair.settled import SettledStore, following, settled, unobserved
from proofs.crosshair.word_state import WordState

DESCRIPTOR = 0x100
ARENA = 0x10000


class BucketRun:
    """A heap whose descriptor lies at DESCRIPTOR; ``pages`` pages are mapped at ARENA.  Not initialised yet."""

    def __init__(self, pages: int) -> None:
        self.store = SettledStore(pages)
        self.store.map(ARENA, pages)
        self.store.place(BucketHeap, DESCRIPTOR)
        for number in range(len(LOGS)):
            self.store.place(Links, DESCRIPTOR + BucketHeap.SIZE + number * Links.SIZE)
        self.heap = BucketHeap(self.store, DESCRIPTOR)
        self.end = ARENA + pages * PAGE_SIZE
        self.reference = Reference(DESCRIPTOR, self._is_mapped)
        self.broken: list[str] = []
        self.born = False

    def _is_mapped(self, address: int, size: int) -> bool:
        return address >= ARENA and address + size <= self.end

    def init(self, address: int, size: int, page_size: int) -> int:
        """Run and judge ``init``."""
        result = self._step(
            "init",
            lambda: self.heap.init(address, size, page_size),
            lambda: (self.reference.init(address, size, page_size),),
            (address, size, page_size),
        )
        self.born = self.born or result == 0
        self._settle()
        self._compare("init")
        return result

    def extend(self, address: int, size: int) -> int:
        """Run and judge ``extend``."""
        result = self._step(
            "extend",
            lambda: self.heap.extend(address, size),
            lambda: (self.reference.extend(address, size),),
            (address, size),
        )
        self._settle()
        self._compare("extend")
        return result

    def alloc(self, size: int) -> int:
        """Run and judge ``alloc``; NULL if it was refused."""
        address = self._step("alloc", lambda: self.heap.alloc(size), lambda: self.reference.may_return(size), (size,))
        if address:
            with following(size):
                self.reference.take(size, address)
            self._settle()
        self._compare("alloc")
        return address

    def free(self, address: int) -> int:
        """Run and judge ``free``."""
        live = next((block for block in self.reference.live if block == address), NULL)
        result = self._step("free", lambda: self.heap.free(address), lambda: (self.reference.free(live),), (address,))
        self._compare("free")
        return result

    def destroy(self) -> int:
        """Run and judge ``destroy``."""
        size, flushed = self.reference.extent_size, []
        gone = [(extent, size) for extent in self.reference.destroy()]
        result = self._step(
            "destroy",
            lambda: self.heap.destroy(lambda *extent: flushed.append(extent)),
            lambda: (0 if gone else -EINVAL,),
            (),
        )
        if flushed != gone:
            self.broken.append(f"destroy flushes {flushed}")
        self._compare("destroy")
        return result

    def _step(
        self, name: str, call: Callable[[], int], allowed: Callable[[], Collection[int]], words: tuple[int, ...]
    ) -> int:
        """Run one operation with the arguments ``words``; its result must be allowed, and a refusal changes nothing."""
        with unobserved():
            old = WordState(self.store)
        with following(*words):
            result: int = settled(call())
            right = any(result == one for one in allowed())
        with unobserved():
            if not right:
                self.broken.append(f"{name} returns {result}")
            refused = result == (0 if name == "alloc" else -EINVAL)
            if refused and not WordState(self.store).same_memory(old):
                self.broken.append(f"{name} refuses, but changes something")
        return result

    def _settle(self) -> None:
        """What the reference knows is plain, too."""
        reference = self.reference
        reference.page_size = settled(reference.page_size)
        reference.extent_size = settled(reference.extent_size)
        reference.header = settled(reference.header)
        reference.extents = [settled(extent) for extent in reference.extents]
        reference.kind = {settled(page): settled(kind) for page, kind in reference.kind.items()}
        reference.live = {settled(block): settled(size) for block, size in reference.live.items()}

    def _compare(self, name: str) -> None:
        """The heap in the store is that of the reference."""
        if not self.born:
            return
        with unobserved():
            try:
                found = self.reference.differences(read_out(WordState(self.store), DESCRIPTOR))
            except Violation as violation:
                found = [violation.theorem]
            self.broken.extend(f"after {name}: {difference}" for difference in found)
