"""How a program uses a bin heap."""

from __future__ import annotations

from proofs.bin_heap.live.bench import LARGE_BENCH
from proofs.bin_heap.live.layout import read_out
from proofs.bin_heap.live.sibling import TABLE_PAGES
from proofs.checking.budget import Weight
from proofs.checking.driver import Blocks, Driver
from proofs.checking.harness import Checked


def _allocated_blocks(checked: Checked) -> Blocks:
    return read_out(checked.state(), checked.address).live


DRIVER = Driver(
    LARGE_BENCH,
    (),
    _allocated_blocks,
    calloc="zalloc",
    realloc="realloc",
    names=("init", "malloc", "free", ""),
    descriptor_pages=TABLE_PAGES,
    alignment=64,
    checked_calls=20,
    weight=Weight(call=15_000, block=80, page=10),
)
