"""The scripted history of two address spaces: sound code passes, and it does what random histories seldom do."""

import random
import re

import pytest

import impl.address_space
from proofs.address_space.live.scenario import Ranks, slots_of
from proofs.address_space.live.stage import LARGE
from proofs.address_space.live.story import exact, long_range, story
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.bench import load_edition, source_with
from proofs.checking.violation import Violation
from proofs.virtual_memory.live import story as paging_story
from proofs.virtual_memory.live.world import PagingWorld

USES = {"load", "store", "fetch"}
OPERATIONS = {"map", "map_reserved", "unmap", "protect", "walk", "translate", "destroy", "create", *USES}
ON_TLBS = {"invalidate", "flush", "flush_all", "withhold"}


@pytest.mark.parametrize(
    ("kind", "story", "operations"),
    [(AddressSpaceWorld, story, OPERATIONS), (PagingWorld, paging_story.story, OPERATIONS | ON_TLBS)],
)
def test_sound_code_passes_and_every_operation_occurs(kind, story, operations):
    worlds = []

    def opening(frames):
        worlds.append(kind(frames))
        return worlds[-1]

    story(opening)
    calls = {re.match(r"world\.(\w+)", line).group(1) for world in worlds for line in world.journal}
    assert calls >= operations


@pytest.mark.parametrize(
    ("chapter", "text", "faulty", "theorem"),
    [
        (exact, "if pages > free:", "if pages >= free:", "map_refuses"),
        (exact, "if pages + tables > free:", "if pages + tables > free + 1:", "raises_only"),
        (
            long_range,
            "self._map_page(address + done * PAGE_SIZE",
            "self._map_page(address + done * (PAGE_SIZE + 1)",
            "all_fresh",
        ),
    ],
)
def test_what_random_histories_seldom_meet_is_noticed(chapter, text, faulty, theorem):
    source = source_with(impl.address_space, text)
    assert source.count(text) == 1
    with pytest.raises(Violation, match=r"address_space\.map\.") as noticed:
        chapter(
            AddressSpaceWorld(
                LARGE + 256 if chapter is long_range else 40,
                load_edition(impl.address_space, source.replace(text, faulty)),
            )
        )
    assert noticed.value.theorem in (f"address_space.map.{theorem}", "address_space.map.refused_whole")


@pytest.mark.parametrize("count", [0, 1, 3, 200, 511, 512])
def test_the_order_of_a_table_has_its_present_entries_first_and_can_be_read_both_ways(count):
    """As it is if each slot is written down; what is in no table, or no slot, stands for itself."""
    order, rank = Ranks(), {}
    for table in (2, 5):
        there = sorted(random.Random(count).sample(slots_of(table), count))
        order[table] = there
        absent = [slot for slot in slots_of(table) if slot not in there]
        rank |= dict(zip([*there, *absent], slots_of(table), strict=True))
    at = {place: slot for slot, place in rank.items()}
    for place in range(1 << 12, 7 << 12, 4):
        assert order.of(place) == rank.get(place, place)
        assert order.at(place) == at.get(place, place)
