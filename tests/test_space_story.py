"""The scripted history of two address spaces: sound code passes, and it does what random histories seldom do."""

import re

import pytest

import impl.address_space
from proofs.address_space.live.stage import LARGE
from proofs.address_space.live.story import exact, long_range, story
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.bench import load_edition, source_of
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
    source = source_of(impl.address_space)
    assert source.count(text) == 1
    with pytest.raises(Violation, match=r"address_space\.map\.") as noticed:
        chapter(
            AddressSpaceWorld(
                LARGE + 256 if chapter is long_range else 40,
                load_edition(impl.address_space, source.replace(text, faulty)),
            )
        )
    assert noticed.value.theorem in (f"address_space.map.{theorem}", "address_space.map.refused_whole")
