"""What can happen to address spaces: their operations, loads and stores through their TLBs, frames that run out.

Each is judged as stage.py says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.address_space import FRAME_MASK, NO_EXECUTE, USER, WRITABLE
from impl.arithmetic import PAGE_SIZE
from impl.errors import DrystoneError, PageFault, PhysicalMemoryFull
from proofs.address_space.live.reference import leaves, map_cost
from proofs.address_space.live.stage import (
    ACCESS,
    BOUND,
    GARBAGE,
    READS,
    ZERO,
    SpaceStage,
    in_script,
    is_word,
    pages_of,
    through,
)


class AddressSpaceWorld(SpaceStage):
    """Two address spaces over one RAM of ``frames`` frames."""

    withheld = 0
    """The rights that the entry of some table withholds for now: WRITABLE, USER, and NO_EXECUTE for that to execute."""

    # ------------------------------------------------------------ operations

    def map(self, number: int, address: int, pages: int, flags: int = WRITABLE) -> bool:
        """Map fresh pages; whether they are."""
        self.note("map", *map(in_script, (number, address, pages, flags)))
        tenant = self.tenants[number]
        refusal = self._refusal(number, address, pages, flags, "Destroyed")
        refusal = refusal or self._model(number).refusal_of_map(address, pages)
        cost = self.meter.total
        if self._call("map", refusal, pages, lambda: tenant.space.map(address, pages, flags)):
            self._demand("map", "cost_with_few_tables", self.meter.total - cost <= map_cost(pages), BOUND)
            tenant.model.set(address, pages, flags)
            found = leaves(tenant.space)
            for page in pages_of(address, pages):
                tenant.contents[page] = bytearray(PAGE_SIZE)
                zero = page not in found or self._content(found[page]) == tenant.contents[page]
                self._demand("map", "zero", zero, ZERO, f"{page:#x}")
        self._inspect("map", number)
        return not refusal

    def map_reserved(self, number: int, address: int, base: int, pages: int, flags: int = WRITABLE) -> bool:
        """Map frames that the allocator never hands out; whether they are mapped."""
        self.note("map_reserved", *map(in_script, (number, address, base, pages, flags)))
        tenant = self.tenants[number]
        refusal = self._refusal(number, address, pages, flags, "Destroyed")
        refusal = refusal or self._refusal_to_lend(number, address, base, pages)
        operation = lambda: tenant.space.map_reserved(address, base, pages, flags)  # noqa: E731
        if self._call("map_reserved", refusal, pages, operation):
            tenant.model.set(address, pages, flags)
            for done, page in enumerate(pages_of(address, pages)):
                frame = tenant.borrowed[page] = tenant.frames_shown[page] = base + done * PAGE_SIZE
                if frame not in self.header_frames():  # the header changes with every call of the allocator
                    tenant.contents[page] = bytearray(self._content(frame))
        self._inspect("map_reserved", number)
        return not refusal

    def unmap(self, number: int, address: int, pages: int, view: int = 0) -> bool:
        """Unmap pages, through one of the TLBs; whether they were mapped."""
        self.note("unmap", *map(in_script, (number, address, pages)), *through(view))
        tenant = self.tenants[number]
        refusal = self._refusal(number, address, pages) or tenant.model.refusal_of_unmap(address, pages)
        operation = lambda: tenant.views[view].unmap(address, pages)  # noqa: E731
        watched = self._forgetting("unmap", tenant.views[view], address, pages, operation)
        if self._call("unmap", refusal, pages, watched):
            tenant.model.clear(address, pages)
            for page in pages_of(address, pages):
                tenant.borrowed.pop(page, None)
                tenant.contents.pop(page, None)
                tenant.frames_shown.pop(page, None)
        self._inspect("unmap", number)
        return not refusal

    def protect(self, number: int, address: int, pages: int, flags: int, view: int = 0) -> bool:
        """Give pages other flags, through one of the TLBs; whether they were mapped."""
        self.note("protect", *map(in_script, (number, address, pages, flags)), *through(view))
        tenant = self.tenants[number]
        refusal = self._refusal(number, address, pages, flags) or tenant.model.refusal_of_unmap(address, pages)
        operation = lambda: tenant.views[view].protect(address, pages, flags)  # noqa: E731
        watched = self._forgetting("protect", tenant.views[view], address, pages, operation)
        if self._call("protect", refusal, pages, watched):
            tenant.model.set(address, pages, flags)
        self._inspect("protect", number)
        return not refusal

    def translate(self, number: int, address: int) -> None:
        """Ask where a byte lies."""
        self.note("translate", *map(in_script, (number, address)))
        entry = self._entry(number, address)
        refusal = "" if entry else "NotMapped" if is_word(address) else "ValueError"
        found: list[int] = []
        space = self.tenants[number].space
        self._call("translate", refusal, 1, lambda: found.append(space.translate(address)))
        right = not entry or found == [(entry & FRAME_MASK) + address % PAGE_SIZE]
        self._demand("translate", "answer", right, READS, f"{found}")

    def walk(self, number: int, address: int) -> None:
        """Ask for the entry of a page."""
        self.note("walk", *map(in_script, (number, address)))
        found: list[int] = []
        space, refusal = self.tenants[number].space, "" if is_word(address) else "ValueError"
        self._call("walk", refusal, 1, lambda: found.append(space.walk(address)))
        right = bool(refusal) or found == [self._entry(number, address)]
        self._demand("walk", "answer", right, READS, f"{found}")

    def _entry(self, number: int, address: int) -> int:
        """The entry of the page, read out of the tables; 0 if there is none."""
        space = self.tenants[number].space
        return leaves(space).get(address - address % PAGE_SIZE, 0) if self.tenants[number].alive else 0

    def destroy(self, number: int) -> None:
        """Take a space down: all that it used is free again, and nothing can be mapped in it any more."""
        self.note("destroy", str(number))
        tenant = self.tenants[number]
        self._call("destroy", "", tenant.frames(), tenant.space.destroy)
        tenant.views[0].flush_all()
        tenant.model.pages.clear()
        tenant.borrowed.clear()
        tenant.contents.clear()
        tenant.frames_shown.clear()
        self._demand("destroy", "ends_all_use", not tenant.alive, "a space that was destroyed has no root")
        self._inspect("destroy", number)

    def create(self, number: int) -> bool:
        """A new space in the place of a destroyed one; False if there is no frame for its root."""
        self.note("create", str(number))
        refusal = "" if self.free_frames() else "PhysicalMemoryFull"
        self._call("create", refusal, 1, lambda: self._settle(number))
        self._inspect("create", number)
        return not refusal

    # ------------------------------------------------------------ users

    def store(self, number: int, address: int, value: int, view: int = 0) -> None:
        """A program stores one byte; what shows the frame allocator's header is not a program's to write."""
        if self.tenants[number].borrowed.get(address - address % PAGE_SIZE) in self.header_frames():
            return
        self.note("store", *map(in_script, (number, address, value)), *through(view))
        memory, granted = self.tenants[number].views[view], self._granted(number, address, WRITABLE)
        self._translated(number, memory, address, "write", granted)
        self._access("store", granted, lambda: memory.store(address, 1, value))
        if granted:
            self.tenants[number].contents[address - address % PAGE_SIZE][address % PAGE_SIZE] = value
        self._inspect_bytes("store")

    def load(self, number: int, address: int, view: int = 0) -> None:
        """A program loads one byte."""
        self.note("load", *map(in_script, (number, address)), *through(view))
        memory, found = self.tenants[number].views[view], [0]
        granted = self._granted(number, address)
        self._translated(number, memory, address, "read", granted)
        self._access("load", granted, lambda: found.append(memory.load(address, 1)))
        self._read("load", number, address, granted, found[-1])

    def fetch(self, number: int, address: int, view: int = 0) -> None:
        """A processor fetches one byte of a program."""
        self.note("fetch", *map(in_script, (number, address)), *through(view))
        memory, found = self.tenants[number].views[view], [0]
        granted = self._granted(number, address, NO_EXECUTE)
        self._translated(number, memory, address, "execute", granted)
        self._access("fetch", granted, lambda: found.append(memory.fetch(address)))
        self._read("fetch", number, address, granted, found[-1])

    def _read(self, name: str, number: int, address: int, granted: bool, found: int) -> None:
        """What was read is what was written there."""
        content = self.tenants[number].contents.get(address - address % PAGE_SIZE)
        if granted and content is not None:
            right = content[address % PAGE_SIZE]
            self._demand(name, "reads_what_was_written", found == right, ACCESS, f"{found}, not {right}")

    def _granted(self, number: int, address: int, asked: int = 0) -> bool:
        """Whether the map of the space grants a program the access: WRITABLE a store, NO_EXECUTE not set a fetch."""
        page = address - address % PAGE_SIZE
        flags = self.tenants[number].model.pages.get(page)
        needed = (asked & WRITABLE) | (USER if number == 1 else 0)
        if flags is None:
            return False
        left = (flags & ~self.withheld) | ((flags | self.withheld) & NO_EXECUTE)
        return left & (needed | asked) == needed

    def _access(self, name: str, granted: bool, access: Callable[[], Any]) -> None:
        try:
            access()
        except PageFault as fault:
            self._demand(name, "faults", not granted, ACCESS, f"{fault}")
            return
        except DrystoneError as error:
            raise self._violation(name, "faults", ACCESS, f"{type(error).__name__}: {error}") from error
        self._demand(name, "faults", granted, ACCESS, "no fault")

    # ------------------------------------------------------------ what is looked at above the tables

    def _forgetting(
        self, name: str, memory: Any, address: int, pages: int, operation: Callable[[], Any]
    ) -> Callable[[], Any]:
        """The operation, which goes through the TLB."""
        return operation

    def _translated(self, number: int, memory: Any, address: int, access: str, granted: bool) -> None:
        """A program is about to use the address."""

    # ------------------------------------------------------------ others

    def grab(self, count: int) -> None:
        """Somebody takes ``count`` frames, or as many as there are, and fills them."""
        self.note("grab", str(count))
        try:
            for _ in range(count):
                self.held.append(self.allocator.allocate(0).base)
                self.ram.vandalise(self.held[-1], bytes([GARBAGE]) * PAGE_SIZE)
        except PhysicalMemoryFull:
            return

    def give(self, count: int) -> None:
        """Somebody gives ``count`` of his frames back."""
        self.note("give", str(count))
        for frame in self.held[:count]:
            self.allocator.free(frame, PAGE_SIZE)
        del self.held[:count]
