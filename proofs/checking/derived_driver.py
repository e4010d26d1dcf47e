"""How a program uses an allocator that has no driver of its own: if its operations are those of malloc and free.

    init(start, size)  or  init(start, end)      begins; it succeeds on a range of memory that is mapped and clear
    allocate(size)     or  malloc, alloc         an address, NULL if there is none
    free(address)

Every call is checked in full, since nothing reads the abstract state out of RAM.  What the contract promises is what
is checked; that a block keeps what its user wrote, and can be freed, must follow from it, or it serves no program.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from model.language.logic import Operation, Subject
from proofs import registry
from proofs.checking import derived
from proofs.checking.driver import Blocks, Driver
from proofs.checking.harness import Checked
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE

BASE = 0x4000_0000
RAM = 1 << 20
"""Where the memory of the allocator begins, and how many bytes it gets."""
ALLOCATES = ("allocate", "malloc", "alloc")
MOST_VISITS = 40_000
"""So many live blocks are met, summed over the events: each call evaluates every clause."""


class NoDriver(registry.Mistake):
    """An allocator on which no program's trace can be replayed."""

    def __init__(self, name: str, lacks: str) -> None:
        where = registry.folder_of(name) / "live" / "driver.py"
        super().__init__(
            f"{name} serves no trace: {lacks}; write {where}, with a DRIVER, and serves=True in its record"
        )


class ServesNoProgram(registry.Mistake):
    """A program met what the contract allows, and malloc does not."""


def driver_of(name: str) -> Driver:
    """The driver made up for a subject; NoDriver says what its operations lack."""
    if not derived.derivable(name):
        raise NoDriver(name, "no world can be made up for it")
    subject = registry.public_of(name)
    begin = _shaped(
        subject, name, tuple(one.name for one in subject.operations if one.establishes), 2, "init(start, size)"
    )
    allocate = _shaped(subject, name, ALLOCATES, 1, "allocate(size)")
    _shaped(subject, name, ("free",), 1, "free(address)")
    return Driver(
        derived.world_of(name).bench,
        _arguments(name, begin),
        _not_compared,
        names=(begin.name, allocate.name, "free", ""),
        prepare=_map,
        ram=RAM,
        base=BASE,
        most_visits=MOST_VISITS,
        checked_calls=1 << 62,
        made_up=True,
    )


def _shaped(subject: Subject, name: str, called: tuple[str, ...], words: int, shape: str) -> Operation:
    """The operation of one of these names that takes so many words."""
    for operation in subject.operations:
        if operation.name in called and len(operation.arguments) == words and not operation.kinds:
            return operation
    raise NoDriver(name, f"it has no {shape}")


def _map(machine: Machine, checked: Checked) -> None:
    """The memory of the allocator is there."""
    machine.memory.map(BASE, RAM // PAGE_SIZE)
    checked.memory.watch.paged = True


def _arguments(name: str, begin: Operation) -> tuple[int, ...]:
    """The arguments with which it begins on that memory: a start and a size, or a start and an end."""
    for arguments in ((BASE, RAM), (BASE, BASE + RAM)):
        machine = Machine(RAM + (16 << 20), checked=True)
        machine.memory.map(DESCRIPTOR_PAGE, 1)
        checked = Checked(derived.world_of(name).bench, machine, DESCRIPTOR)
        _map(machine, checked)
        named = dict(zip(begin.arguments, arguments, strict=True))
        meant = all(law.formula(checked.state(), DESCRIPTOR, checked.ghost, named) for law in begin.requires)
        if meant and begin.established(checked.check(begin.name, *arguments)):
            return arguments
    raise NoDriver(name, f"{begin.name} begins neither with a start and a size nor with a start and an end")


def _not_compared(checked: Checked) -> Blocks:
    raise NotImplementedError("no list of live blocks can be made up")
