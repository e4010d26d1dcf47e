"""Address spaces under watch: random histories judged by the contracts, and what they must notice."""

import pytest

import impl.address_space
import impl.virtual_memory
from impl.arithmetic import PAGE_SIZE
from impl.page_tables import Entry
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.address_space.subject import SUBJECT
from proofs.checking.bench import load_edition, source_of
from proofs.checking.campaign import check
from proofs.checking.script import violated_by
from proofs.checking.violation import Violation
from proofs.checking.witness import scripted_violation
from proofs.virtual_memory.live.world import PagingWorld
from tests.defects import virtual_memory
from tests.defects.address_space import DEFECTS
from tests.defects.defect import Defect

STEPS = 2000
NAMED = {
    "frame_not_cleared": ("address_space._new_frame.reads_zero",),
    "table_freed_while_referenced": ("address_space.unmap.owned",),
    "leaks_a_table_when_frames_run_out": ("address_space.map.refused_whole",),
}
"""Faults that a run must refute by the theorem that names them, whatever else they break."""
SHORTENED = ("frame_not_cleared", "maps_over_a_mapped_page", "runs_what_is_data")
"""Faults whose scripts leave out what they can; to shorten those of the others takes longer than to find them."""
SEEDS = {
    "leaks_a_table_when_frames_run_out": 4,
    "does_not_begin_again": 3,
    "lets_a_refusal_through": 3,
    "looks_at_no_execute_in_the_last_entry_only": 3,
}
"""Where histories come to a fault much sooner than with the seed 1."""
PAGE = 0x40_0000
SUBJECTS = {impl.address_space: "address_space", impl.virtual_memory: "virtual_memory"}


def editions() -> list[pytest.param]:
    """Every faulty edition with the module that it replaces."""
    tables = [(impl.address_space, defect) for defect in DEFECTS]
    paging = [(impl.virtual_memory, defect) for defect in virtual_memory.DEFECTS]
    return [pytest.param(module, defect, id=defect.name) for module, defect in [*tables, *paging]]


@pytest.mark.parametrize(("module", "defect"), editions())
def test_the_model_checker_finds_the_defect_and_writes_a_script_that_shows_it(module, defect: Defect):
    """Frames, tables and translations, whatever is wrong with them (MEM-1, MEM-2, MEM-5, MEM-8, MEM-10, MEM-11)."""
    edition = load_edition(module, defect.source())
    seed = SEEDS.get(defect.name, 1)
    result = check(SUBJECTS[module], STEPS, seed, edition, short=defect.name in SHORTENED)
    assert result.violation is not None, f"not found in {result.steps} steps: {defect.fault}"
    assert violated_by(result.script, edition) == result.violation.theorem
    assert violated_by(result.script, None) == ""
    named = set(NAMED.get(defect.name, defect.theorems))
    assert named & set(result.violation.theorems) or (defect.name not in NAMED and is_claimed(result.violation.theorem))


def is_claimed(theorem: str) -> bool:
    """Whether it is a theorem of an operation of the page tables: a clause, an invariant, or what it may raise."""
    subject, name, law = theorem.split(".")
    if subject != SUBJECT.name:
        return False
    contract = SUBJECT.operation(name)
    return law in {"raises_only", *(clause.name for clause in (*contract.ensures, *SUBJECT.invariants))}


def test_random_histories_find_nothing():
    result = check("address_space", 200, 1)
    assert result.violation is None, str(result.violation)
    assert result.steps >= 200


@pytest.mark.slow
def test_long_random_histories_find_nothing():
    result = check("address_space", 1000, 100)
    assert result.violation is None, str(result.violation)


def test_an_equal_edition_has_no_violation():
    for module in (impl.address_space, impl.virtual_memory):
        assert check(SUBJECTS[module], 60, 3, load_edition(module, source_of(module))).violation is None


# ---------------------------------------------------------------- what the world must notice


@pytest.fixture
def world() -> AddressSpaceWorld:
    fresh = AddressSpaceWorld(48)
    assert fresh.map(0, PAGE, 2)
    return fresh


def entry_of(world: AddressSpaceWorld, address: int) -> Entry:
    """The entry of a mapped page."""
    space = world.tenants[0].space
    return Entry(world.ram, space._leaf_slot(address))


def test_a_frame_mapped_twice_is_noticed(world):
    entry_of(world, PAGE).value = entry_of(world, PAGE + PAGE_SIZE).value
    with pytest.raises(Violation, match="leads_down"):
        world.map(0, 2 * PAGE, 1)


def test_a_frame_that_leaks_is_noticed(world):
    world.allocator.allocate(0)
    with pytest.raises(Violation, match="all_counted"):
        world.map(1, PAGE, 1)


def test_a_byte_of_another_owner_that_changes_is_noticed(world):
    world.grab(1)
    world.ram.vandalise(world.held[0] + 100, b"!")
    with pytest.raises(Violation, match="only_free_bytes"):
        world.map(1, PAGE, 1)


def test_a_page_that_changes_under_its_user_is_noticed(world):
    world.ram.vandalise(world.tenants[0].space.translate(PAGE + 9), b"!")
    with pytest.raises(Violation, match="only_bytes_of_tables"):
        world.unmap(0, PAGE + PAGE_SIZE, 1)


def test_worlds_of_both_modules_run_the_edition_that_they_test():
    edition = load_edition(impl.virtual_memory, source_of(impl.virtual_memory))
    assert type(PagingWorld(32, edition).tenants[0].views[0]) is edition.VirtualMemory
    assert type(AddressSpaceWorld(32).tenants[0].views[0]) is impl.virtual_memory.VirtualMemory


@pytest.mark.parametrize("who", [0, 1])
def test_a_program_may_do_what_its_mode_and_the_page_allow(who):
    """User mode needs the user bit, writing the write bit (MEM-7)."""
    world = AddressSpaceWorld(48)
    for flags in (0, 2, 4, 6):
        world.map(who, PAGE + flags * PAGE_SIZE, 1, flags)
        world.store(who, PAGE + flags * PAGE_SIZE, 1)
        world.load(who, PAGE + flags * PAGE_SIZE)
    assert world.checks > 50


@pytest.mark.parametrize("number", range(7))
def test_a_loop_over_pages_that_stands_still_is_a_violation_and_not_a_wait(number: int) -> None:
    parts = source_of(impl.address_space).split("done = done + 1")
    assert len(parts) == 8
    text = "done = done + 1".join(parts[: number + 1]) + "done = done + 0" + "done = done + 1".join(parts[number + 1 :])
    violation = scripted_violation("address_space", load_edition(impl.address_space, text), short=False).violation
    assert violation is not None
    assert violation.theorem.startswith("address_space.")
