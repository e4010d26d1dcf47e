"""Snapshots share what did not change in between, and show just what one that shares nothing shows."""

import random

import pytest

from impl.arithmetic import PAGE_SIZE
from impl.layout import Struct, u32, u64
from impl.machine import Machine
from proofs.checking.camera import Camera
from proofs.checking.memory import WatchedMemory
from proofs.checking.state import ConcreteState

START = 0x7000
PAGES = 4
FIRST = START + 4
"""Records from here on do not end where pages do: some of their fields lie in two."""


class Node(Struct, size=24):
    """A record."""

    magic = u32()
    next = u64()
    size = u64()


@pytest.fixture
def memory() -> WatchedMemory:
    machine = Machine(64 * PAGE_SIZE, checked=True)
    memory = WatchedMemory(machine.memory)
    memory.map(START, PAGES)
    memory.machine = machine
    return memory


def camera_of(memory: WatchedMemory) -> Camera:
    camera = Camera(memory.machine, {"Node": Node}, memory.watch)
    camera.foreign = set()
    return camera


def shown(state: ConcreteState) -> dict[str, object]:
    """All that a snapshot shows of every place at which a record ever was."""
    fields, places = state.fields("Node"), range(FIRST, FIRST + (PAGES + 2) * PAGE_SIZE, Node.SIZE)
    return {
        "claims": state.claimed("Node").members,
        "fields": [(fields.magic[a], fields.next[a], fields.size[a]) for a in places],
        "mapped": state.mapped.pages,
        "gaps": list(state.gaps(START, START + PAGES * PAGE_SIZE)),
        "bytes": [state.content(page << 12, page + 1 << 12) for page in sorted(state.mapped.pages)],
    }


def act(memory: WatchedMemory, nodes: set[int], chance: random.Random) -> None:
    """Something that changes what memory shows, or nothing."""
    kind, last = chance.randrange(6), START + PAGES * PAGE_SIZE
    place = chance.randrange(FIRST, FIRST + (PAGES - 1) * PAGE_SIZE, Node.SIZE)
    if kind == 0 and place not in nodes:
        Node.claim(memory, place)
        nodes.add(place)
    elif kind == 1 and nodes:
        nodes.remove(gone := chance.choice(sorted(nodes)))
        memory.shadow.release(Node, gone)
    elif kind == 2 and nodes:
        Node(memory, chance.choice(sorted(nodes))).next = chance.randrange(2**64)
    elif kind == 3:
        memory.vandalise(place, bytes([chance.randrange(256)]))
    elif kind == 4 and memory.is_mapped(last, 1):
        memory.unmap(last, 1)
    elif kind == 4:
        memory.map(last, 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_camera_that_saw_all_before_shows_what_a_new_one_shows(memory: WatchedMemory, seed: int) -> None:
    chance, nodes, camera = random.Random(seed), set[int](), camera_of(memory)
    for _ in range(60):
        act(memory, nodes, chance)
        assert shown(camera.look()) == shown(camera_of(memory).take())


def test_an_old_snapshot_goes_on_showing_what_was(memory: WatchedMemory) -> None:
    """Even where it is asked only after the change, and by way of what it shares."""
    across = START + PAGE_SIZE - 20
    assert (Node.size.offset, Node.size.width) == (16, 8)
    for place in (START, across):
        Node.claim(memory, place)
    camera = camera_of(memory)
    old, same = camera.look(), camera.look()
    assert old.fields("Node") is same.fields("Node")
    assert old.fields("Node").size[across] == 0
    Node(memory, across).size = 2**64 - 1
    memory.shadow.release(Node, START)
    new = camera.look()
    assert (old.fields("Node").size[across], new.fields("Node").size[across]) == (0, 2**64 - 1)
    assert (old.claimed("Node")[START], new.claimed("Node")[START]) == (True, False)


def test_what_is_worked_out_once_is_worked_out_anew_after_any_change(memory: WatchedMemory) -> None:
    Node.claim(memory, START)
    camera, found = camera_of(memory), []

    def worked_out() -> int:
        return camera.look().once("key", lambda: found.append(0) or len(found))

    assert (worked_out(), worked_out()) == (1, 1)
    Node(memory, START).magic = 1
    assert (worked_out(), worked_out()) == (2, 2)
    memory.shadow.release(Node, START)
    assert (worked_out(), worked_out()) == (3, 3)
    memory.map(START + PAGES * PAGE_SIZE, 1)
    assert (worked_out(), worked_out()) == (4, 4)
    camera.foreign.add(START >> 12)
    assert worked_out() == 5
