"""The invariants that the proof of the frame allocator starts from hold of every state that running code reaches."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impl.errors import PhysicalMemoryFull
from impl.frame_allocator import FREE, FrameAllocator, get_header
from impl.ram import PhysicalMemory
from impl.regions import Area
from proofs.frame_allocator.live.scenario import violated

PAGE = 4096


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
