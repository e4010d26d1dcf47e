"""What can happen to address spaces: their operations, loads and stores through their TLBs, frames that run out.

Each is judged as stage.py says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.arithmetic import PAGE_SIZE
from impl.errors import PageFault, PhysicalMemoryFull
from impl.page_tables import NO_EXECUTE, USER, WRITABLE
from proofs.address_space.live.stage import ACCESS, GARBAGE, SpaceStage, in_script, law_of, pages_of, through
from proofs.address_space.subject import SUBJECT
from proofs.checking.text import shown
from proofs.checking.violation import Violation

REFUSES, RAISES = "refuses_words", "raises_only"
"""What falls where an access raises ValueError, or something else that is no fault."""


class AddressSpaceWorld(SpaceStage):
    """Two address spaces over one RAM of ``frames`` frames."""

    withheld = 0
    """The rights that the entry of some table withholds for now: WRITABLE, USER, and NO_EXECUTE for that to execute."""

    # ------------------------------------------------------------ operations

    def map(self, number: int, address: int, pages: int, flags: int = WRITABLE) -> bool:
        """Map fresh pages; whether they are."""
        self.note("map", *map(in_script, (number, address, pages, flags)))
        tenant, given = self.tenants[number], {"address": address, "pages": pages, "flags": flags}
        t = self.judged(SUBJECT, "map", number, given, lambda: tenant.space.map(address, pages, flags))
        if not t.raised:
            tenant.contents |= {page: bytearray(PAGE_SIZE) for page in pages_of(address, pages)}
        self._inspect("map")
        return not t.raised

    def map_reserved(self, number: int, address: int, base: int, pages: int, flags: int = WRITABLE) -> bool:
        """Map frames that the allocator never hands out; whether they are mapped."""
        self.note("map_reserved", *map(in_script, (number, address, base, pages, flags)))
        tenant, given = self.tenants[number], {"address": address, "base": base, "pages": pages, "flags": flags}
        run = lambda: tenant.space.map_reserved(address, base, pages, flags)  # noqa: E731
        t = self.judged(SUBJECT, "map_reserved", number, given, run)
        if not t.raised:
            frames = zip(pages_of(address, pages), pages_of(base, pages), strict=True)
            header = self.header_frames()  # it changes with every call of the allocator
            tenant.contents |= {page: bytearray(self._content(frame)) for page, frame in frames if frame not in header}
        self._inspect("map_reserved")
        return not t.raised

    def unmap(self, number: int, address: int, pages: int, view: int = 0) -> bool:
        """Unmap pages, through one of the TLBs; whether they were mapped."""
        self.note("unmap", *map(in_script, (number, address, pages)), *through(view))
        tenant, given = self.tenants[number], {"address": address, "pages": pages}
        run = lambda: tenant.views[view].unmap(address, pages)  # noqa: E731
        watched = self._forgetting("unmap", tenant.views[view], address, pages, run)
        t = self.judged(self.bench.subject, "unmap", number, given, watched)
        for page in pages_of(address, pages) if not t.raised else ():
            tenant.contents.pop(page, None)
        self._inspect("unmap")
        return not t.raised

    def protect(self, number: int, address: int, pages: int, flags: int, view: int = 0) -> bool:
        """Give pages other flags, through one of the TLBs; whether they were mapped."""
        self.note("protect", *map(in_script, (number, address, pages, flags)), *through(view))
        tenant, given = self.tenants[number], {"address": address, "pages": pages, "flags": flags}
        run = lambda: tenant.views[view].protect(address, pages, flags)  # noqa: E731
        watched = self._forgetting("protect", tenant.views[view], address, pages, run)
        t = self.judged(self.bench.subject, "protect", number, given, watched)
        self._inspect("protect")
        return not t.raised

    def translate(self, number: int, address: int) -> None:
        """Ask where a byte lies."""
        self._ask("translate", number, address)

    def walk(self, number: int, address: int) -> None:
        """Ask for the entry of a page."""
        self._ask("walk", number, address)

    def _ask(self, name: str, number: int, address: int) -> None:
        self.note(name, *map(in_script, (number, address)))
        space = self.tenants[number].space
        self.judged(SUBJECT, name, number, {"address": address}, lambda: getattr(space, name)(address))

    def destroy(self, number: int) -> None:
        """Take a space down: all that it used is free again, and nothing can be mapped in it any more."""
        self.note("destroy", str(number))
        tenant = self.tenants[number]
        tenant.contents = {}

        def run() -> Any:
            tenant.space.destroy()
            tenant.views[0].flush_all()
            return tenant.space.root

        self.judged(SUBJECT, "destroy", number, {}, run)
        self._inspect("destroy")

    def create(self, number: int) -> bool:
        """A new space in the place of a destroyed one; False if there is no frame for its root."""
        self.note("create", str(number))
        there, raised = self.free_frames() > 0, ""
        try:
            self._settle(number)
        except PhysicalMemoryFull as refusal:
            raised = type(refusal).__name__
        self._demand("create", "refused_if_full", there == (not raised), "refused exactly if no frame is free", raised)
        self._inspect("create")
        return there

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
            self._demand(name, "reads_what_was_written", found == right, ACCESS, f"{shown(found)}, not {right}")

    def _granted(self, number: int, address: int, asked: int = 0) -> bool:
        """Whether the map of the space grants a program the access: WRITABLE a store, NO_EXECUTE not set a fetch."""
        page = address - address % PAGE_SIZE
        flags = self.tenants[number].pages.get(page)
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
        except Violation:
            raise
        except Exception as error:
            law = law_of(self.bench.subject, name, REFUSES if isinstance(error, ValueError) else RAISES)
            raised = f"{type(error).__name__}: {error}"
            raise self._violation(
                self.bench.subject, name, RAISES if law == REFUSES else law, ACCESS, raised
            ) from error
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
