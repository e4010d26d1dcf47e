"""The processors of one address space: each has a TLB of its own, and all act on the same headers."""

from __future__ import annotations

from collections.abc import Iterator

from impl.address_space import AddressSpace
from impl.arithmetic import PAGE_SIZE
from impl.counter import Counter
from impl.errors import PageFault
from impl.page_tables import NO_EXECUTE, WRITABLE
from impl.shadow import CheckedMemory
from model.language.logic import Clause
from model.virtual_memory.state import TLB_INVARIANTS
from proofs.address_space.live.tables import leaves
from proofs.address_space.live.views import tlb_of

ROOMS = (1 << 16, 12)
"""For how many pages the TLB of each processor has room: one keeps all that it saw, one is often full."""
AS_TOLD = "what a processor loads is what another one stored last"
FORBIDDEN = "no processor may do what a protect took away"

Processors = tuple[CheckedMemory, ...]


def processors_of(space: AddressSpace, counter: Counter) -> Processors:
    """Some that share the space; they share the shadow, too, as it is one of addresses."""
    found = tuple(CheckedMemory(space, counter) for _ in ROOMS)
    for memory, room in zip(found, ROOMS, strict=True):
        memory.shadow = found[0].shadow
        memory.tlb_entries = room
    return found


def stale(processors: Processors) -> Iterator[tuple[Clause, str]]:
    """The laws of TLBs that one of these breaks now, and whose TLB it is."""
    mapped = leaves(processors[0].space)
    for number, memory in enumerate(processors):
        shown = tlb_of(memory, mapped)
        for law in TLB_INVARIANTS:
            if not law.formula(None, 0, shown):
                yield law, f"processor {number}"


def written_through(processors: Processors, address: int, content: bytes, on: int) -> bool:
    """Whether every processor loads what one of them stores at ``address``."""
    processors[on].store_bytes(address, content)
    return all(memory.load_bytes(address, len(content)) == content for memory in processors)


def run_through(processors: Processors, address: int, pages: int, on: int) -> bool:
    """One processor makes pages code; each fetches what another one stored; whether they all see it."""
    processors[on].protect(address, pages, WRITABLE)
    seen = []
    for page in range(address, address + pages * PAGE_SIZE, PAGE_SIZE):
        seen.append(written_through(processors, page, b"\xc3" * 8, on))
        seen += [memory.fetch(page) == 0xC3 for memory in processors]
    return all(seen)


def closed_to(processors: Processors, address: int, pages: int, on: int) -> bool:
    """One processor makes pages of which all have translations constants; whether none may store or fetch there."""
    processors[on].protect(address, pages, NO_EXECUTE)
    refused = 0
    for page in range(address, address + pages * PAGE_SIZE, PAGE_SIZE):
        for memory in processors:
            memory.load(page, 8)
            for access in (memory.fetch, lambda place, memory=memory: memory.store(place, 8, 1)):
                try:
                    access(page)
                except PageFault:
                    refused += 1
    return refused == 2 * pages * len(processors)
