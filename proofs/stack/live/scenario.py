"""The whole stack on a live machine: what model/stack/ starts from is met by heaps, spaces and frames that run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from impl.arithmetic import PAGE_SIZE
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Transition
from model.stack.contract import Memories, Pair, Shares
from proofs.address_space.live.tables import leaves, tables
from proofs.bin_heap.live import bench as bin_heap
from proofs.bin_heap.live.world import BinHeapWorld
from proofs.block_heap.live.story import begin
from proofs.block_heap.live.world import BlockHeapWorld
from proofs.bucket_heap.live import ghosts as bucket_heap_ghosts
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.checking.recorder import Witnesses, nothing_reached
from proofs.checking.violation import Violation
from proofs.checking.world import World
from proofs.segment_heap.live.world import SegmentHeapWorld
from proofs.stack.live import floor
from proofs.stack.live.world import POOL, POOL_PAGES, Resident, StackWorld
from proofs.stack.subject import SUBJECT

BASE = 0x4000_0000
FOREIGN, FOREIGN_PAGES = 0x6000_0000_0000, 20
SIZES = (100, 5000, 300)


def witness() -> Witnesses:
    """Every operation of the stack from a state that running code reached; Violation if it does not hold there."""
    found = nothing_reached(SUBJECT)
    for name, t in transitions():
        operation, record = SUBJECT.operation(name), found.operations[name]
        record.calls += 1
        if all(law.formula(t.old, t.heap, t.ghost, t.arguments) for law in operation.requires):
            record.satisfied += 1
            record.ends.add(())
        t.ghost_after = operation.after(t)
        for law in operation.ensures:
            if not law.formula(t):
                raise Violation(f"stack.{name}.{law.name}", law.sentence)
    return found


def transitions() -> Iterator[tuple[str, Transition]]:
    """The steps of the composition, each where a small machine stands."""
    for name, world, blocks in _heaps():
        state, ghost = world.checked.state(), {name: _abstract(name, world)}
        for block in blocks:
            arguments = {"block": block[0], "other": block[0], "byte": block[1]}
            yield name, Transition(world.checked.address, state, state, ghost, arguments)
        then = world.checked.state().freeze()
        others_act(world)
        now = world.checked.state().freeze()
        for named, byte in blocks:
            yield f"{name}_framed", Transition(world.checked.address, then, now, ghost, {"block": named, "byte": byte})
            yield "apart", Transition(0, then, now, {"memories": _memories(byte)}, {"byte": byte})
    stack = StackWorld()
    for size in SIZES:
        for who in range(len(stack.residents)):
            stack.allocate(who, size)
    for shares, fresh in (_pages(stack), _frames(stack)):
        yield "gain", Transition(0, None, None, {"shares": shares}, {"item": fresh})
        yield "loss", Transition(0, None, None, {"shares": shares}, {"item": min(shares.mine)})
    yield from _pairs(stack)
    yield from floor.transitions()


def others_act(world: World) -> None:
    """Somebody maps pages, writes into some, lays headers of all types that the heap uses into others, unmaps one."""
    memory, structs = world.machine.memory, list(world.checked.camera.structs.values())
    memory.map(FOREIGN, 2)
    memory.fill(FOREIGN, PAGE_SIZE, 0x5A)
    memory.unmap(FOREIGN + PAGE_SIZE, 1)
    memory.map(FOREIGN + PAGE_SIZE, 2 * len(structs))
    for number, struct in enumerate(structs):
        struct.claim(memory, FOREIGN + PAGE_SIZE + number * 2 * PAGE_SIZE)


def _memories(byte: int) -> Memories:
    """The page of that byte, and those on which others act."""
    own, foreign = (range(start, start + pages * PAGE_SIZE) for start, pages in ((byte, 1), (FOREIGN, FOREIGN_PAGES)))
    return Memories(GhostSet(own), GhostSet(foreign))


def _abstract(name: str, world: World) -> Any:
    """The heap in the words of its model."""
    extract = {"bin_heap": bin_heap.extract, "bucket_heap": bucket_heap_ghosts.extract}.get(name)
    return extract(world.checked.state(), world.checked.address) if extract else world.checked.ghost


def _heaps() -> Iterator[tuple[str, World, list[tuple[int, int]]]]:
    """A heap of each kind with live blocks: what the model calls each block, and an address in it."""
    segments = SegmentHeapWorld()
    segments.init(BASE)
    places = [segments.allocate(size) for size in SIZES]
    segments.free(places[1])
    yield "segment_heap", segments, [(place, place + 50) for place in (places[0], places[2])]
    table = BlockHeapWorld()
    begin(table, 8)
    entries = table.checked.ghost.entries
    places = [table.allocate(size) for size in SIZES]
    yield "block_heap", table, [(entries + (place - places[0]) // PAGE_SIZE, place + 50) for place in places]
    bins = BinHeapWorld()
    bins.init()
    places = [bins.malloc(size) for size in SIZES]
    yield "bin_heap", bins, [(place - 64, place + 50) for place in places]
    buckets = BucketHeapWorld()
    buckets.provide(BASE, 16)
    buckets.init(BASE, 16 * PAGE_SIZE, PAGE_SIZE)
    places = [buckets.alloc(size) for size in SIZES]
    yield "bucket_heap", buckets, [(place, place + 50) for place in places]


def _pages(stack: StackWorld) -> tuple[Shares, int]:
    """The pages of the block heap's pool and all others of its space; and one that is not mapped."""
    mapped = GhostSet(page // PAGE_SIZE for page in leaves(stack.memories[0].space))
    pool = GhostSet(range(POOL // PAGE_SIZE, POOL // PAGE_SIZE + POOL_PAGES))
    return Shares(pool, GhostSet(mapped.members - pool.members), mapped), max(mapped) + 1


def _frames(stack: StackWorld) -> tuple[Shares, int]:
    """The frames of both spaces, tables included; and one that is free."""
    used = []
    for memory in stack.memories:
        shown = {memory.space.translate(page) // PAGE_SIZE for page in leaves(memory.space)}
        used.append(shown | {table.frame // PAGE_SIZE for table in tables(memory.space)})
    free = next(start for start, _, owner in stack.owners() if owner.startswith("nobody"))
    return Shares(GhostSet(used[0]), GhostSet(used[1]), GhostSet(used[0] | used[1])), free // PAGE_SIZE


def _pairs(stack: StackWorld) -> Iterator[tuple[str, Transition]]:
    """Blocks of one heap, of two heaps in one space, and of heaps in two spaces, each with itself and another."""
    some = [(resident, address) for resident in stack.residents for address in list(resident.live)[:2]]
    for first in some[:3]:
        for second in some:
            x, y = first[1], second[1]
            place = first[0].memory.space.translate(x)
            yield "whole", Transition(0, None, None, {"pair": _pair(first, second)}, {"x": x, "y": y, "place": place})


def _pair(first: tuple[Resident, int], second: tuple[Resident, int]) -> Pair:
    (one, a), (two, b) = first, second
    shown = [_shown(resident) for resident in (one, two)]
    return Pair(
        one.memory is two.memory,
        one is two,
        one is two and a == b,
        GhostSet(range(a, a + len(one.live[a]))),
        GhostSet(range(b, b + len(two.live[b]))),
        *(GhostSet(frames) for frames in shown),
        *(_held(resident) for resident in (one, two)),
        *(GhostMap(frames) for frames in shown),
    )


def _shown(resident: Resident) -> dict[int, int]:
    """Page -> frame, of the space of a heap."""
    space = resident.memory.space
    return {page // PAGE_SIZE: space.translate(page) // PAGE_SIZE for page in leaves(space)}


def _held(resident: Resident) -> GhostSet:
    """The pages on which the live blocks of a heap lie."""
    return GhostSet(
        page
        for address, content in resident.live.items()
        for page in range(address // PAGE_SIZE, (address + len(content) - 1) // PAGE_SIZE + 1)
    )
