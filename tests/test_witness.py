"""The scenarios of the vacuity check: their calls start from proper states."""

import pytest

from impl.frame_allocator import FREE
from impl.machine import Machine
from impl.page_tables import Entry
from proofs import registry
from proofs.address_space.live import scenario as address_space
from proofs.checking.witness import run_of, witness
from proofs.frame_allocator.live import scenario as frame_allocator

PAGE = 4096


@pytest.mark.parametrize("name", [name for name in registry.SUBJECTS if run_of(name)])
def test_every_call_of_a_scenario_starts_from_a_proper_state(name):
    found = witness(registry.proof_of(name)).operations
    assert all(operation.calls == operation.satisfied > 0 for operation in found.values())


def test_a_call_from_an_improper_state_witnesses_nothing():
    scenario = frame_allocator.Scenario()
    frames = scenario.machine.frames
    free = next(i for i in range(frames.start, frames.end) if frames.record(i).state == FREE)
    frames.record(free).order = 17
    scenario.call("allocate", 19)
    allocate = scenario.recorder.found.operations["allocate"]
    assert (allocate.calls, allocate.satisfied, allocate.ends) == (1, 0, set())


def test_arguments_that_an_operation_does_not_allow_witness_nothing():
    scenario = frame_allocator.Scenario()
    assert frame_allocator.violated(scenario.machine.frames, "is_live", {"base": -1, "size": PAGE}) == ["two_words"]


def test_an_entry_that_leads_to_no_table_is_noticed():
    machine = Machine(16 * PAGE, checked=True)
    machine.space.map(0x40_0000, 1)
    assert address_space.violated(machine) == []
    Entry(machine.ram, machine.space.root + 8 * 300).value = 15 * PAGE | 1
    assert set(address_space.violated(machine)) == {"owned", "tables_grant", "tables_in_place"}


@pytest.mark.parametrize("root", [PAGE + 8, -PAGE])
def test_a_root_that_is_no_frame_is_noticed(root):
    machine = Machine(16 * PAGE, checked=True)
    machine.space.root = root
    assert "rooted" in address_space.violated(machine)


def test_the_map_has_the_pages_of_both_halves():
    machine = Machine(24 * PAGE, checked=True)
    high = 2**64 - 2**47
    for page in (0x40_0000, high):
        machine.space.map(page, 1)
    entry = address_space.space_of(machine).entry
    assert [entry[page // PAGE] for page in (0x40_0000, high)] == [
        machine.space.walk(page) for page in (0x40_0000, high)
    ]
    assert entry[0x40_1000 // PAGE] == entry[0x80_0000 // PAGE] == 0
    assert address_space.violated(machine) == []
