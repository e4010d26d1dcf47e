"""How a program uses a block heap, set up as the document's kernel does."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, pages_for
from impl.block_heap import BLOCK_SIZE, KERNEL_HEAP_ADDRESS, KERNEL_HEAP_SIZE, KERNEL_TABLE_ADDRESS
from impl.machine import Machine
from proofs.block_heap.live.bench import BENCH
from proofs.checking.budget import Weight
from proofs.checking.driver import Blocks, Driver
from proofs.checking.harness import Checked
from proofs.checking.world import DESCRIPTOR_PAGE


def _kernel_memory(machine: Machine, checked: Checked) -> None:
    """The boot code has mapped the documented entries and pool; no page belongs to anybody else."""
    checked.disown(DESCRIPTOR_PAGE, 1)
    entries = KERNEL_HEAP_SIZE // BLOCK_SIZE
    for address, size in ((KERNEL_TABLE_ADDRESS, entries), (KERNEL_HEAP_ADDRESS, KERNEL_HEAP_SIZE)):
        first = max(address // PAGE_SIZE * PAGE_SIZE, DESCRIPTOR_PAGE + PAGE_SIZE)
        machine.memory.map(first, pages_for(address + size - first))


def _taken_blocks(checked: Checked) -> Blocks:
    blocks = checked.refresh()
    heads = [a for a in range(blocks.entries, blocks.end) if blocks.first[a] == a]
    return {blocks.address(a): (blocks.last[a] + 1 - a) * BLOCK_SIZE for a in heads}


DRIVER = Driver(
    BENCH,
    (),
    _taken_blocks,
    calloc="kzalloc",
    names=("kheap_init", "kmalloc", "kfree", ""),
    prepare=_kernel_memory,
    ram=KERNEL_HEAP_SIZE,
    base=KERNEL_HEAP_ADDRESS,
    alignment=BLOCK_SIZE,
    checked_calls=10,
    weight=Weight(page=15),
    loan=2_000_000,
)
