"""Areas and header regions that are refused, each for what is wrong with it: physical addresses have 52 bits."""

import pytest

from impl.errors import NotValid
from impl.frame_allocator import FrameAllocator, get_header
from impl.ram import PhysicalMemory
from impl.regions import Area

PAGE = 4096


def enumerator(regions):
    return lambda number: regions[number] if number < len(regions) else None


@pytest.mark.parametrize(
    ("area", "why"),
    [
        (Area(2**64 - 1, PAGE), "beyond the last physical address"),
        (Area(0, 2**64 - 1), "beyond the last physical address"),
        (Area(PAGE, 2**64 - 1), "beyond the last physical address"),
        (Area(2**52, 1), "beyond the last physical address"),
        (Area(2**52 - 16 * PAGE, 16 * PAGE + 1), "beyond the last physical address"),
        (Area(2**60, 16 * PAGE), "beyond the last physical address"),
        (Area(0, 2**43 + PAGE), "more than 2147483648 frames"),
    ],
)
def test_area_that_cannot_be_numbered_is_not_valid(area, why):
    """What 52 bits cannot address is refused, not cut."""
    with pytest.raises(NotValid, match=why):
        get_header(area)
    with pytest.raises(NotValid, match=why):
        FrameAllocator.init_region(PhysicalMemory(PAGE), area, Area(0, PAGE))


def test_the_last_frames_below_2_to_the_52_are_an_area():
    area = Area(2**52 - 8 * PAGE, 8 * PAGE)
    ram = PhysicalMemory(PAGE)
    frames = FrameAllocator.init_region(ram, area, get_header(area), at=0)
    assert frames.allocate(2) == (2**52 - 4 * PAGE, 4 * PAGE)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (Area(1, 2 * PAGE), "cannot begin at 0x1"),
        (Area(0, PAGE - 1), "4095 bytes is too small for 16 frames"),
        (Area(4 * PAGE, PAGE), "meets a reserved region"),
        (Area(2**52 - PAGE, PAGE + 1), "beyond the last physical address"),
        (Area(2**64 - PAGE, PAGE), "beyond the last physical address"),
    ],
)
def test_a_header_region_is_refused_for_what_is_wrong_with_it(header, why):
    with pytest.raises(NotValid, match=why):
        FrameAllocator.init_region(
            PhysicalMemory(16 * PAGE), Area(0, 16 * PAGE), header, enumerator([Area(4 * PAGE, 5)])
        )
