"""Loads and stores through a TLB: the history of two address spaces, seen from above, and the TLB itself.

Beside what address_space_world.py looks at, every translation is compared with the map of the space, and every loop
that forgets translations is looked at while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import impl.virtual_memory
from impl.arithmetic import PAGE_SIZE
from impl.page_tables import FRAME_MASK, NO_EXECUTE, WRITABLE
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Clause, Operation, Subject, Transition
from model.virtual_memory.bytes import byte_at
from model.virtual_memory.contract import (
    all_forget_all,
    forgets_all,
    forgets_only_if_full,
    forgets_the_pages,
    is_remembered,
    leaves_others,
    none_left,
    none_left_elsewhere,
    search_goes_back,
)
from model.virtual_memory.state import TLB_INVARIANTS, Translations
from proofs.address_space.live.moment import Moment
from proofs.address_space.live.stage import ACCESS, Tenant, in_script, through
from proofs.address_space.live.tables import slots_above, tables
from proofs.address_space.live.views import tables_of, tlb_of
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.loops import LoopObserver
from proofs.checking.stage import Claim
from proofs.checking.violation import Violation
from proofs.engine.lineage import files_of
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
from proofs.virtual_memory.live.placing import Placing
from proofs.virtual_memory.live.scenario import Ends
from proofs.virtual_memory.live.tlb import KINDS, Held, held_by, put_back
from proofs.virtual_memory.subject import SUBJECT as PAGING_SUBJECT

FAULTS = "it faults only if the map does not grant the access"
PLACE = "the physical address is that of the same byte of the frame that the map has, which grants the access"
NOTHING_ELSE = "it raises nothing but what the contract names"
LAWS = {
    "unmap": (none_left, none_left_elsewhere, search_goes_back),
    "protect": (none_left, none_left_elsewhere),
    "invalidate": (forgets_the_pages, leaves_others),
    "flush": (forgets_all, leaves_others),
    "flush_all": (all_forget_all,),
}
"""What each operation that makes TLBs forget says of them, and unmap of where the search for a place begins."""


class Pages(GhostSet):
    """Pages of the TLB among the ``known``, which are all that it held or holds: no other is in any such set."""

    def __init__(self, members: Iterable[int], known: Iterable[int]) -> None:
        super().__init__(members)
        self.known = sorted(known)

    def everywhere(self, body: Callable[[int], Any]) -> bool:
        """Whether ``body`` holds of every page, where it cannot fail of one that is in no set."""
        return all(body(page) for page in self.known)


def as_ghost(now: Held, then: Held) -> dict[str, Any]:
    """One of two states of the TLB, as the clauses read it; what a page differed by stays where the page is gone."""
    known = {page for held in (now, then) for pages in held.values() for page in pages}
    keys = {kind: Pages(now[kind], known) for kind in KINDS}
    return {**keys, **{by: GhostMap({**then[kind], **now[kind]}) for kind, by in KINDS.items()}}


class Watched:
    """What loops and clauses say of the TLB of one memory, and of another one of the space, while a call runs."""

    def __init__(self, memory: Any) -> None:
        self._tlbs = memory.tlbs.members()
        self._mine = self._tlbs.index(memory)
        self._other = next((number for number in range(len(self._tlbs)) if number != self._mine), self._mine)
        self._before = self._held()
        self._memory, self._begun = memory, memory._lowest

    def _held(self) -> tuple[Held, Held]:
        return held_by(self._tlbs[self._mine]), held_by(self._tlbs[self._other])

    def _shown(self, now: tuple[Held, Held], then: tuple[Held, Held], lowest: int) -> SimpleNamespace:
        mine, other = (as_ghost(*pair) for pair in zip(now, then, strict=True))
        return SimpleNamespace(
            **mine,
            **{f"other_{name}": part for name, part in other.items()},
            other_user_mode=False,
            reads_held=len(now[0]["readable"]),
            tlb_entries=self._tlbs[self._mine].tlb_entries,
            tlbs=len(self._tlbs),
            mine=self._mine,
            other=self._other,
            lowest=lowest,
        )

    @property
    def ghost(self) -> SimpleNamespace:
        """Now."""
        return self._shown(self._held(), self._before, self._memory._lowest)

    @property
    def ghost_on_entry(self) -> SimpleNamespace:
        """When the call began."""
        return self._shown(self._before, self._held(), self._begun)


class PagingWorld(Placing, AddressSpaceWorld):
    """The same two spaces, where what may be faulty is not the tables but the loads and stores through them."""

    bench = Claim(PAGING_SUBJECT, impl.virtual_memory)

    # ------------------------------------------------------------ operations on the TLB

    def invalidate(self, number: int, address: int, pages: int, view: int = 0) -> None:
        """The TLB forgets pages; ``address`` is a word."""
        self.note("invalidate", *map(in_script, (number, address, pages)), *through(view))
        memory = self.tenants[number].views[view]
        operation = lambda: memory.invalidate(address, pages)  # noqa: E731
        self._told("invalidate", self._forgetting("invalidate", memory, address, pages, operation))

    def flush(self, number: int, view: int = 0) -> None:
        """The TLB forgets all."""
        self.note("flush", str(number), *through(view))
        memory = self.tenants[number].views[view]
        self._told("flush", self._forgetting("flush", memory, 0, 0, memory.flush))

    def flush_all(self, number: int, view: int = 0) -> None:
        """All TLBs of the space forget all."""
        self.note("flush_all", str(number), *through(view))
        memory = self.tenants[number].views[view]
        self._told("flush_all", self._forgetting("flush_all", memory, 0, 0, memory.flush_all))

    def _told(self, name: str, run: Callable[[], Any]) -> None:
        """TLBs are told to forget: that touches nothing else, and is never refused."""
        before, raised = self.ram.buffer[:], ""
        try:
            run()
        except Violation:
            raise
        except Exception as error:
            raised = type(error).__name__
        self._demand(name, "raises_only", not raised and self.ram.buffer[:] == before, NOTHING_ELSE, raised)
        self._inspect(name)

    def _ghost(self, number: int, moment: Moment) -> Any:
        """That of the space, and what the first TLB holds."""
        memory = self.tenants[number].views[0]
        words = {"user_mode": memory.user_mode, "ram_size": len(moment.image), "lowest": memory._lowest}
        return Translations(**vars(moment.space), **tables_of(memory), **words, ends=Ends(moment))

    def _clauses(self, subject: Subject, operation: Operation) -> Iterable[Clause]:
        """What is said of the TLBs is looked at beside the call (``_forgotten``)."""
        beside = LAWS.get(operation.name, ()) if subject is PAGING_SUBJECT else ()
        return [law for law in operation.ensures if law not in beside]

    def withhold(self, number: int, address: int, level: int, right: int) -> None:
        """A table above the mapped page withholds a right for a while: NO_EXECUTE stands for that to execute."""
        self.note("withhold", *map(in_script, (number, address, level, right)))
        tenant = self.tenants[number]
        slot = slots_above(tenant.space, address)[level]
        word = int.from_bytes(self.ram.buffer[slot : slot + 8], "little")
        self._change_table(tenant, slot, word | right if right == NO_EXECUTE else word & ~right)
        self.withheld = right
        try:
            for view in (0, 1):
                self.store(number, address, level, view)
                self.load(number, address, view)
                self.fetch(number, address, view)
        finally:
            self.withheld = 0
            self._change_table(tenant, slot, word)

    def _change_table(self, tenant: Tenant, slot: int, word: int) -> None:
        """Somebody writes the entry of a table, and flushes the TLBs."""
        self.ram.vandalise(slot, word.to_bytes(8, "little"))
        for memory in tenant.views:
            memory.flush()

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
        return all(self._granted(number, page, WRITABLE if write else 0) for page in pages)

    def _carried_out(
        self,
        number: int,
        operation: Operation,
        arguments: dict[str, Any],
        called: tuple[Any, ...],
        ranges: list[tuple[int, int]],
    ) -> Transition:
        """The call, and what it did."""
        memory, raised, result = self.tenants[number].views[0], "", None
        pages = pages_about(ranges)
        before, ghost = self.ram.buffer[:], map_of(memory, pages, self.quick_allocator.free_frames)
        try:
            with self._ending(operation.name, len(pages)):
                result = getattr(memory, operation.name)(*called)
        except Violation:
            raise
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
        self, name: str, memory: Any, address: int, pages: int, operation: Callable[[], Any]
    ) -> Callable[[], Any]:
        """The same operation, with an eye on its loops and on what the TLBs have forgotten afterwards."""

        def watched() -> None:
            tlb = Watched(memory)
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
        """The TLBs have forgotten what they must, and nothing else."""
        end = SimpleNamespace(address=address, pages=pages, raised=raised)
        end.ghost, end.ghost_after = tlb.ghost_on_entry, tlb.ghost
        for law in LAWS[name]:
            self._demand(name, law.name, law.formula(end), law.sentence)

    @contextmanager
    def _looking(self, name: str, tlb: Watched) -> Iterator[None]:
        """Loops inside are looked at."""
        vars(self.ram)["operation"] = tlb
        specifications = proof_of(self.bench.subject.name).annotations
        observer = LoopObserver(f"{self.bench.subject.name}.{name}", 1, files_of(self.bench.module), specifications)
        try:
            with self._looking_too(observer):
                yield
        finally:
            del vars(self.ram)["operation"]
            self._checks += observer.checks

    def _remembered(self, operation: str, tlb: Watched, address: int, access: str, raised: str) -> None:
        """The TLB has taken up what was found, and has lost nothing for which there was room."""
        arguments = {"write": access == "write"} if access != "execute" else {}
        end = SimpleNamespace(address=address, arguments=arguments, raised=raised)
        end.ghost, end.ghost_after = tlb.ghost_on_entry, tlb.ghost
        for law in (is_remembered, forgets_only_if_full, leaves_others):
            self._demand(operation, law.name, law.formula(end), law.sentence)

    def _translated(self, number: int, memory: Any, address: int, access: str, granted: bool) -> None:
        """The translation alone is what the map says; the TLB is put back as it was, so that the access may miss."""
        tenant, raised, found, tlb = self.tenants[number], "", 0, Watched(memory)
        before, operation = held_by(memory), "_translate_code" if access == "execute" else "_translate"
        try:
            found = (
                memory._translate_code(address)
                if access == "execute"
                else memory._translate(address, access == "write")
            )
        except Exception as error:
            raised = type(error).__name__
        self._demand(operation, "raises_only", raised in ("", "PageFault"), NOTHING_ELSE, raised)
        self._demand(operation, "faults_only_then", not (granted and raised), FAULTS, raised)
        right = (tenant.entries.get(address - address % PAGE_SIZE, 0) & FRAME_MASK) + address % PAGE_SIZE
        told = bool(raised) or (granted and found == right)
        self._demand(operation, "translates_as_mapped", told, PLACE, f"{found:#x}, not {right:#x}")
        self._remembered(operation, tlb, address, access, raised)
        if tenant.alive:
            shown = tlb_of(memory)
            for law in TLB_INVARIANTS:
                self._demand(operation, law.name, law.formula(None, 0, shown), law.sentence, f"space {number}")
        put_back(memory, before)
