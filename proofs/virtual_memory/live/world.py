"""Loads and stores through a TLB: the history of two address spaces, seen from above, and the TLB itself.

Beside what address_space_world.py looks at, every translation is compared with the map of the space, and every loop
that forgets translations is looked at while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import impl.virtual_memory
from impl.arithmetic import PAGE_SIZE
from model.language.annotations import observed
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Operation, Transition
from model.virtual_memory.bytes import byte_at
from model.virtual_memory.contract import forgets_all, forgets_only_if_full, forgets_the_pages, is_remembered, none_left
from model.virtual_memory.state import TLB_INVARIANTS
from proofs.address_space.live.reference import tables
from proofs.address_space.live.stage import ACCESS, in_script
from proofs.address_space.live.views import tlb_of
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.loops import LoopObserver
from proofs.checking.stage import Claim
from proofs.checking.violation import Violation
from proofs.registry import proof_of
from proofs.virtual_memory.live.access import (
    FIELDS,
    Bytes,
    Image,
    Sequence,
    alive,
    map_of,
    pages_about,
    places_about,
    ranges_of,
)
from proofs.virtual_memory.subject import SUBJECT as PAGING_SUBJECT

FAULTS = "it faults only if the map does not grant the access"
PLACE = "the physical address is that of the same byte of the frame that the map has, which grants the access"
NOTHING_ELSE = "it raises nothing but what the contract names"
LAWS = {"unmap": none_left, "protect": none_left, "invalidate": forgets_the_pages, "flush": forgets_all}
"""What each operation that makes the TLB forget says of it."""

Held = Mapping[str, Mapping[int, int]]
"""The TLB: for "readable" and for "writable" page -> by how much the physical address differs from the virtual one."""


class Pages(GhostSet):
    """Pages of the TLB among the ``known``, which are all that it held or holds: no other is in any such set."""

    def __init__(self, members: Iterable[int], known: Iterable[int]) -> None:
        super().__init__(members)
        self.known = sorted(known)

    def everywhere(self, body: Callable[[int], Any]) -> bool:
        """Whether ``body`` holds of every page, where it cannot fail of one that is in no set."""
        return all(body(page) for page in self.known)


def held_by(memory: Any) -> Held:
    """What the TLB holds now."""
    return {kind: dict(getattr(memory, f"_{kind}")) for kind in ("readable", "writable")}


def put_back(memory: Any, held: Held) -> None:
    """The TLB holds again what it held."""
    for kind, pages in held.items():
        table = getattr(memory, f"_{kind}")
        table.clear()
        table.update(pages)


def as_ghost(now: Held, other: Held) -> SimpleNamespace:
    """One of two states of the TLB, as the clauses read it; what a page differed by stays where the page is gone."""
    known = {page for held in (now, other) for pages in held.values() for page in pages}
    differences = {kind: GhostMap({**other[kind], **now[kind]}) for kind in now}
    return SimpleNamespace(
        readable=Pages(now["readable"], known),
        read_by=differences["readable"],
        reads_held=len(now["readable"]),
        writable=Pages(now["writable"], known),
        write_by=differences["writable"],
    )


class Watched:
    """What loops say of the TLB of one memory, while a call runs."""

    def __init__(self, memory: Any) -> None:
        self._memory = memory
        self._before = held_by(memory)

    @property
    def ghost(self) -> SimpleNamespace:
        """Now."""
        return as_ghost(held_by(self._memory), self._before)

    @property
    def ghost_on_entry(self) -> SimpleNamespace:
        """When the call began."""
        return as_ghost(self._before, held_by(self._memory))


class PagingWorld(AddressSpaceWorld):
    """The same two spaces, where what may be faulty is not the tables but the loads and stores through them."""

    bench = Claim(PAGING_SUBJECT, impl.virtual_memory)

    # ------------------------------------------------------------ operations on the TLB

    def invalidate(self, number: int, address: int, pages: int) -> None:
        """The TLB forgets pages; ``address`` is a word."""
        self.note("invalidate", *map(in_script, (number, address, pages)))
        memory = self.tenants[number].memory
        operation = lambda: memory.invalidate(address, pages)  # noqa: E731
        self._call("invalidate", "", 1, self._forgetting("invalidate", number, address, pages, operation))
        self._inspect("invalidate", number)

    def flush(self, number: int) -> None:
        """The TLB forgets all."""
        self.note("flush", str(number))
        memory = self.tenants[number].memory
        self._call("flush", "", 1, self._forgetting("flush", number, 0, 0, memory.flush))
        self._inspect("flush", number)

    # ------------------------------------------------------------ loads and stores

    def access(self, number: int, name: str, *given: Any) -> None:
        """A program loads or stores; what shows the frame allocator's header is not a program's to write.

        A field is given by its name in ``Record``.
        """
        written = [in_script(one) if type(one) is int else repr(one) for one in given]
        self.note("access", str(number), repr(name), *written)
        operation = PAGING_SUBJECT.operation(name)
        arguments = dict(zip(operation.arguments, given, strict=True))
        if "field" in arguments:
            arguments["field"] = Bytes.value if name == "array" else FIELDS[arguments["field"]]
        called = tuple(arguments.values())
        if "data" in arguments:
            arguments["data"] = Sequence(arguments["data"])
        ranges = ranges_of(operation, arguments)
        if any(write and self._shows_header(number, address, size) for address, size, write in ranges):
            return
        t = self._carried_out(number, operation, arguments, called, [(one[0], one[1]) for one in ranges])
        self._demand(name, "raises_only", operation.may_end_with(t.raised), NOTHING_ELSE, t.raised)
        granted = all(self._all_granted(number, *one) for one in ranges)
        proper = t.raised in ("", "PageFault") and granted == (t.raised == "")
        self._demand(name, "faults_rightly", t.raised == "ValueError" or proper, ACCESS, t.raised or "no fault")
        for law in operation.ensures:
            self._demand(name, law.name, law.formula(t), law.sentence)
        self._remember(number, t, ranges)
        self._inspect_bytes(name)

    def _shows_header(self, number: int, address: int, size: int) -> bool:
        """Whether a page of the range shows the frame allocator's header."""
        borrowed = self.tenants[number].borrowed
        return any(borrowed.get(page * PAGE_SIZE) in self.header_frames() for page in pages_about([(address, size)]))

    def _all_granted(self, number: int, address: int, size: int, write: bool) -> bool:
        """Whether the map of the space grants every page of the range."""
        pages = range(address - address % PAGE_SIZE, address + max(size, 0), PAGE_SIZE) if size else ()
        return all(self._granted(number, page, write) for page in pages)

    def _carried_out(
        self,
        number: int,
        operation: Operation,
        arguments: dict[str, Any],
        called: tuple[Any, ...],
        ranges: list[tuple[int, int]],
    ) -> Transition:
        """The call, and what it did."""
        memory, raised, result = self.tenants[number].memory, "", None
        pages = pages_about(ranges)
        before, ghost = self.ram.buffer[:], map_of(memory, pages, self.quick_allocator.free_frames)
        try:
            result = getattr(memory, operation.name)(*called)
        except Exception as error:
            raised = type(error).__name__
        after, then = self.ram.buffer[:], map_of(memory, pages, self.quick_allocator.free_frames)
        places = places_about(before, after, ghost, ranges)
        found = [frozenset(table.frame for table in tables(memory.space)) if alive(memory) else frozenset()]
        old, new = (Image(image, found[0], places) for image in (before, after))
        seen = Sequence(bytes(result)) if isinstance(result, bytes | bytearray) else result
        t = Transition(0, old, new, ghost, arguments, None if raised else seen, raised)
        t.ghost_after = then
        return t

    def _remember(self, number: int, t: Transition, ranges: list[tuple[int, int, bool]]) -> None:
        """What was stored is what the pages must hold from now on."""
        contents = self.tenants[number].contents
        for address, size, write in ranges if not t.raised else ():
            for seen in range(address, address + size) if write else ():
                page = contents.get(seen - seen % PAGE_SIZE)
                if page is not None:
                    page[seen % PAGE_SIZE] = byte_at(t.new, t.ghost, seen)

    # ------------------------------------------------------------ judgement

    def _forgetting(
        self, name: str, number: int, address: int, pages: int, operation: Callable[[], Any]
    ) -> Callable[[], Any]:
        """The same operation, with an eye on its loops and on what the TLB has forgotten afterwards."""

        def watched() -> None:
            tlb = Watched(self.tenants[number].memory)
            try:
                with self._looking(name, tlb):
                    operation()
            except Violation:
                raise
            except Exception as error:
                self._forgotten(name, tlb, address, pages, type(error).__name__)
                raise
            self._forgotten(name, tlb, address, pages, "")

        return watched

    def _forgotten(self, name: str, tlb: Watched, address: int, pages: int, raised: str) -> None:
        """The TLB has forgotten what it must, and nothing else."""
        end = SimpleNamespace(address=address, pages=pages, raised=raised)
        end.ghost, end.ghost_after = tlb.ghost_on_entry, tlb.ghost
        self._demand(name, LAWS[name].name, LAWS[name].formula(end), LAWS[name].sentence)

    @contextmanager
    def _looking(self, name: str, tlb: Watched) -> Iterator[None]:
        """Loops inside are looked at."""
        vars(self.ram)["operation"] = tlb
        specifications = proof_of(self.bench.subject.name).annotations
        observer = LoopObserver(f"{self.bench.subject.name}.{name}", 1, self.bench.module.__file__, specifications)
        try:
            with observed(observer):
                yield
        finally:
            del vars(self.ram)["operation"]
            self._checks += observer.checks

    def _remembered(self, before: Held, after: Held, address: int, write: bool, raised: str, room: int) -> None:
        """The TLB has taken up what was found, and has lost nothing for which there was room."""
        end = SimpleNamespace(address=address, write=write, raised=raised)
        end.ghost, end.ghost_after = as_ghost(before, after), as_ghost(after, before)
        end.ghost.tlb_entries = room
        for law in (is_remembered, forgets_only_if_full):
            self._demand("_translate", law.name, law.formula(end), law.sentence)

    def _translated(self, number: int, address: int, write: bool, granted: bool) -> None:
        """The translation alone is what the map says; the TLB is put back as it was, so that the access may miss."""
        tenant, raised, found = self.tenants[number], "", 0
        before = held_by(tenant.memory)
        try:
            found = tenant.memory._translate(address, write)
        except Exception as error:
            raised = type(error).__name__
        self._demand("_translate", "raises_only", raised in ("", "PageFault"), NOTHING_ELSE, raised)
        self._demand("_translate", "faults_only_then", not (granted and raised), FAULTS, raised)
        right = tenant.frames_shown.get(address - address % PAGE_SIZE, 0) + address % PAGE_SIZE
        told = bool(raised) or (granted and found == right)
        self._demand("_translate", "translates_as_mapped", told, PLACE, f"{found:#x}, not {right:#x}")
        self._remembered(before, held_by(tenant.memory), address, write, raised, tenant.memory.tlb_entries)
        if tenant.alive:
            tlb = tlb_of(tenant.memory)
            for law in TLB_INVARIANTS:
                self._demand("_translate", law.name, law.formula(None, 0, tlb), law.sentence, f"space {number}")
        put_back(tenant.memory, before)
