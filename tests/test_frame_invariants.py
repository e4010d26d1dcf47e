"""The invariants that the proof of the frame allocator starts from hold of every state that running code reaches."""

from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impl.errors import PhysicalMemoryFull
from impl.frame_allocator import FREE, MAX_ORDER, NONE, FrameAllocator, get_header
from impl.ram import PhysicalMemory
from impl.regions import Area
from model.frame_invariants import INVARIANTS
from model.frame_model import blocks, listed
from model.frame_state import Ghosts
from model.ghost import GhostMap

PAGE = 4096


class Live:
    """What the header in RAM says, through the interface that clauses read; everything is claimed."""

    def __init__(self, frames):
        indexes = range(frames.start, frames.end)
        record = {
            name: GhostMap({i: getattr(frames.record(i), name) for i in indexes})
            for name in ("state", "order", "next", "prev")
        }
        head = GhostMap({k: frames.first_free(k) for k in range(MAX_ORDER + 1)})
        words = ("origin", "start", "end", "free_frames")
        descriptor = {name: GhostMap({frames.address: getattr(frames, name)}) for name in words}
        self.structs = {"FrameRecord": record, "FreeList": {"head": head}, "FrameAllocator": descriptor}

    def fields(self, name):
        return SimpleNamespace(**self.structs[name])

    def claimed(self, name):
        return GhostMap(default=True)


def ghosts_of(frames):
    """Ghosts that fit: later blocks of a list stand nearer to its head."""
    owner = {i: i for i in range(frames.start, frames.end)}
    owner |= {i: b.first for b in blocks(frames) for i in range(b.first, b.end)}
    lists = [listed(frames, k) for k in range(MAX_ORDER + 1)]
    stamp = {b: number for number, b in enumerate(b for members in lists for b in reversed(members))}
    free = {i for b in blocks(frames) if b.state == FREE for i in range(b.first, b.end)}
    below = {i: len([f for f in free if f < i]) for i in range(frames.start, frames.end + 1)}
    return Ghosts(GhostMap(owner), GhostMap(stamp, NONE), len(stamp), GhostMap(below))


def violated(frames):
    state, ghosts = Live(frames), ghosts_of(frames)
    return [clause.name for clause in INVARIANTS if not clause.formula(state, frames.address, ghosts)]


def build(first, size, regions):
    area = Area(first * PAGE, size * PAGE)
    regions = [Area(base * PAGE, length) for base, length in regions]
    enumerator = lambda n: regions[n] if n < len(regions) else None  # noqa: E731
    header = Area(0, 4 * PAGE) if first >= 4 else get_header(area, enumerator)
    return FrameAllocator.init_region(PhysicalMemory(64 * PAGE), area, header, enumerator)


CALLS = st.lists(
    st.one_of(st.integers(0, 5).map(lambda k: ("allocate", k)), st.integers(0, 9).map(lambda n: ("free", n)))
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.sampled_from([0, 4, 5, 7, 8, 2**18 - 3]),
    size=st.integers(8, 40),
    regions=st.lists(st.tuples(st.integers(4, 40), st.integers(0, 2 * PAGE)), max_size=2).filter(
        lambda found: not any(base < 6 for base, _ in found)
    ),
    calls=CALLS,
)
def test_invariants_hold_after_init_and_every_call(first, size, regions, calls):
    frames, live = build(first, size, regions), []
    assert not violated(frames)
    for call, number in calls:
        if call == "free" and live:
            frames.free(*live.pop(number % len(live)))
        elif call == "allocate":
            try:
                live.append(frames.allocate(number))
            except PhysicalMemoryFull:
                continue
        assert not violated(frames)


def test_invariants_notice_two_free_buddies():
    frames = build(0, 8, [])
    area = frames.allocate(0)
    frames.record((area.base - frames.origin) // PAGE).state = FREE
    assert violated(frames)
