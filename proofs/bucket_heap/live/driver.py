"""How a program uses a bucket heap: it adds an extent whenever a request is refused."""

from __future__ import annotations

from typing import Any

from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from proofs.bucket_heap.live.bench import LARGE_BENCH
from proofs.bucket_heap.live.layout import header_of, read_out
from proofs.checking.budget import Weight
from proofs.checking.driver import Blocks, Driver
from proofs.checking.harness import Checked
from proofs.checking.world import DESCRIPTOR_PAGE

BASE = 0x4000_0000
EXTENT = 1 << 20
"""Bytes of an extent: the largest request of a program must fit into one."""
BUCKET_PAGE = 4096


def _first_extent(machine: Machine, checked: Checked) -> None:
    """The caller has mapped the first extent; no page belongs to anybody else."""
    checked.disown(DESCRIPTOR_PAGE, 1)
    checked.memory.map(BASE, EXTENT // PAGE_SIZE)


def _next_extent(checked: Checked, size: int) -> bool:
    """The caller adds an extent behind the others, if ``size`` fits into it and there are frames for it."""
    if size > EXTENT - header_of(EXTENT, BUCKET_PAGE):
        return False
    address = BASE
    while checked.memory.is_mapped(address, 1):
        address += EXTENT
    return checked.memory.map(address, EXTENT // PAGE_SIZE) and checked.call("extend", address, EXTENT).result == 0


def _bucket_blocks(checked: Checked) -> Blocks:
    return read_out(checked.state(), checked.address).live


def _flush(checked: Checked) -> tuple[Any, ...]:
    """The caller unmaps every extent that he gets back, and writes it to the log."""

    def flush(address: int, size: int) -> None:
        checked.memory.log("flushed", address)
        with checked.machine.counter.paused():
            checked.memory.unmap(address, size // PAGE_SIZE)

    return (flush,)


DRIVER = Driver(
    LARGE_BENCH,
    (BASE, EXTENT, BUCKET_PAGE),
    _bucket_blocks,
    names=("init", "alloc", "free", "destroy"),
    prepare=_first_extent,
    grow=_next_extent,
    last=_flush,
    alignment=8,
    checked_calls=20,
    weight=Weight(call=5_000, block=35, page=75),
)
