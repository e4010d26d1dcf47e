"""Heap maps: what they show of broken heaps, that they say of each byte one thing, and that text in them is escaped."""

import json
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from proofs import registry
from proofs.checking.bench import load_edition
from proofs.checking.replay import replay
from proofs.checking.script import renumbered
from proofs.checking.shortening import ending
from proofs.checking.trace import FREE as FREED_BY
from proofs.checking.trace import MALLOC, Event, Trace
from proofs.checking.witness import scripted_violation
from proofs.maps import heap_map
from proofs.maps.heap_map import FREE, HEADER, LIVE, OVERLAP, HeapMap, Span, drawn, focused, of_data
from proofs.maps.over_time import MOMENTS, Watching, lines, picture
from proofs.maps.seen import map_of
from proofs.maps.svg import laid_out, svg
from proofs.maps.terminal import print_end, rows
from proofs.maps.unfolding import of_unfolding, unfolded
from tests.defects import frame_allocator, segment_heap

KINDS = st.sampled_from(list(heap_map.MEANINGS))
SPANS = st.lists(st.builds(Span, st.integers(0, 400), st.integers(0, 90), KINDS, st.sampled_from(["", "a1", "<b>&"])))


def unfolding_of(defect):
    edition = load_edition(registry.proof_of(defect.subject).module, defect.source())
    return unfolded(scripted_violation(defect.subject, edition).script, edition)


@pytest.fixture(scope="module")
def unmerged():
    """A segment heap that does not merge with the segment before."""
    return unfolding_of(next(d for d in segment_heap.DEFECTS if d.name == "merges_next_only"))


@given(SPANS)
def test_a_map_says_one_thing_of_each_byte_and_leaves_none_out(spans):
    shown = drawn(spans).spans
    assert all(one.end <= other.start for one, other in pairwise(shown))
    assert {x for s in spans for x in range(s.start, s.end)} == {x for s in shown for x in range(s.start, s.end)}


@given(SPANS)
def test_bytes_that_two_claim_are_an_overlap(spans):
    shown = drawn(spans)
    for span in shown.spans:
        owners = [s for s in spans if s.kind in heap_map.EXCLUSIVE and s.start <= span.start < s.end]
        hurt = any(s.kind == heap_map.DAMAGE and s.start <= span.start < s.end for s in spans)
        assert span.kind == OVERLAP or len(owners) < 2 or hurt


@given(SPANS, st.integers(12, 30))
def test_a_long_map_is_cut_down_but_for_what_changed(spans, most):
    whole = drawn(spans).since(HeapMap(tuple(drawn(spans[: len(spans) // 2]).spans)))
    short = focused(whole, most)
    assert sum(span.size for span in short.spans) == sum(span.size for span in whole.spans)
    changed = [span for span in whole.spans if span.changed]
    assert len(whole.spans) <= most or len(changed) > most // 2 or set(changed) <= set(short.spans)


@given(SPANS)
def test_the_picture_is_wellformed_whatever_labels_say_and_holds_every_span(spans):
    shown = drawn(spans)
    picture = ElementTree.fromstring(svg(shown, standalone=True))
    assert len(picture.findall("{*}g")) == len(shown.spans)
    assert all(0 <= box.x <= 920 for box in laid_out(shown, 920))
    assert of_data(json.loads(json.dumps(shown.as_data()))) == shown


@given(SPANS)
def test_on_a_terminal_every_span_has_its_size(spans):
    shown = drawn(spans)
    text = "\n".join(line.plain for line in rows(shown, 80))
    assert len(re.findall(r"[\d,]+ (?=\||\n|$)", text + "\n")) == len(shown.spans)


def test_cells_are_of_the_kind_of_most_bytes_and_a_clash_is_never_hidden():
    shown = drawn([Span(0, 60, HEADER), Span(60, 40, FREE), Span(100, 100, LIVE), Span(199, 1, HEADER)])
    assert shown.cells(0, 400, 4) == [HEADER, OVERLAP, "", ""]


HISTORIES = {
    "segment_heap": ["init(0x40000000)", "allocate(100)", "allocate(40)", "free(0x40000030)", "allocate(70000)"],
    "block_heap": ["provide(0x40000000, 8)", "describe(0x7200, 8)", "create(0x40000000, 0x40008000)", "allocate(5000)"],
    "bin_heap": ["init()", "malloc(100)", "malloc(20000)"],
    "bucket_heap": ["provide(0x40000000, 32, 35)", "init(0x40000000, 32768, 4096)", "alloc(60)", "alloc(9000)"],
    "frame_allocator": ["init_region((0, 65536), (0, 4096), [])", "allocate(1)", "allocate(0)"],
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_sound_heap_shows_no_clash_and_what_is_held_as_live(name):
    record = registry.record_of(name)
    world = getattr(registry.live(name, "world"), record.world)()
    for call in HISTORIES[name]:
        eval(f"world.{call}", {"world": world})
        shown = map_of(world)
        assert shown is not None and OVERLAP not in shown.kinds
    held = [len(data) for data in world.contents.values()] if name != "frame_allocator" else [8192, 4096]
    assert len(held) == (1 if name == "block_heap" else 2)
    assert shown.bytes_of(LIVE) == sum(held) and FREE in shown.kinds


def test_a_counterexample_ends_with_the_two_free_neighbours(unmerged):
    assert unmerged.theorem == "segment_heap.free.merges_neighbours"
    last = unmerged.steps[-1]
    assert last.outcome == "breaks the theorem"
    kinds = [span.kind for span in last.map.spans if span.start >= 0x40000000]
    assert kinds == [HEADER, FREE, HEADER, FREE]
    assert [span.changed for span in last.map.spans][-1]
    assert of_unfolding(json.loads(json.dumps(unmerged.as_data()))) == unmerged


def test_statements_and_maps_call_blocks_by_the_same_names(unmerged):
    assert [step.statement for step in unmerged.steps[1:]] == ["a1 = allocate(100)", "a2 = allocate(100)", *FREED]
    assert {"a1", "a2"} <= {span.label for span in unmerged.steps[2].map.spans}


FREED = ["free(a1)", "free(a2)"]


def test_a_free_block_that_somebody_holds_is_a_clash():
    """A frame that is live for its user and free in the header is shown as what it is."""
    found = unfolding_of(next(d for d in frame_allocator.DEFECTS if d.name == "merge_ignores_order"))
    assert OVERLAP in found.steps[-1].map.kinds and OVERLAP not in found.steps[-2].map.kinds


def test_the_end_of_a_counterexample_is_printed_plainly_where_there_are_no_colours(unmerged, capsys):
    print_end(Console(soft_wrap=True, width=80), unmerged.as_data())
    printed = capsys.readouterr().out
    assert "the heap behind free(a2):" in printed and "*free 65,328" in printed and "\x1b" not in printed


def test_a_script_numbers_its_blocks_as_they_come():
    cut = ["world.init(1)", "a7 = world.allocate(2)", "a11 = world.allocate(a7 + 1)", "world.write(a11, 0, b'a7')"]
    assert renumbered(cut)[1:3] == ["a1 = world.allocate(2)", "a2 = world.allocate(a1 + 1)"]
    assert renumbered(cut)[3] == "world.write(a2, 0, b'a7')"


def test_the_last_statements_come_with_what_they_name():
    steps = ["a1 = world.allocate(1)", "a2 = world.allocate(2)", "a3 = world.allocate(a1 + 1)", "world.free(a3)"]
    assert ending(steps, 1) == [steps[0], *steps[2:]]
    assert ending([*steps, "world.destruct()"], 1) == ["world.destruct()"]
    assert ending(steps, 4) == steps


# ---------------------------------------------------------------- over time


@pytest.mark.parametrize("heap", ["segment_heap", "bin_heap", "bucket_heap"])
def test_a_replay_shows_what_the_program_holds_at_each_moment(heap):
    """Live bytes in the map are those that the trace says; no two blocks share one."""
    sizes = [(number, 40 + number * 7 % 300) for number in range(60)]
    events = [Event(MALLOC, number, size) for number, size in sizes]
    events += [Event(FREED_BY, number, 0) for number in range(0, 60, 2)]
    watching = Watching(len(events))
    replay(Trace("made up", tuple(events)), heap, every=50, look=watching.look)
    assert len(watching.moments) >= MOMENTS
    for moment in watching.moments:
        live = {event.block: event.size for event in events[: moment.event] if event.kind == MALLOC}
        for event in events[: moment.event]:
            if event.kind == FREED_BY:
                del live[event.block]
        assert moment.map.bytes_of(LIVE) == sum(live.values())
        assert OVERLAP not in moment.map.kinds
    drawn_now = ElementTree.fromstring(picture(watching.moments, "a <trace> & more"))
    assert len(drawn_now.findall("{*}rect")) > len(watching.moments)
    assert {len(line.plain) for line in lines(watching.moments)} == {len(next(iter(lines(watching.moments))).plain)}
