"""How a program uses a segment heap."""

from __future__ import annotations

from model.segment_heap.state import HEADER
from proofs.checking.budget import Weight
from proofs.checking.driver import Blocks, Driver
from proofs.checking.harness import Checked
from proofs.segment_heap.live.bench import BENCH

BASE = 0x4000_0000


def _used_segments(checked: Checked) -> Blocks:
    chain = checked.refresh()
    return {a + HEADER: chain.size[a] for a in chain.headers if not chain.free[a]}


# A first-fit walk visits some 10**9 segments in the whole of a trace with 20,000 live blocks.
DRIVER = Driver(
    BENCH,
    (BASE,),
    _used_segments,
    alignment=16,
    most_visits=40_000_000,
    trim="trim",
    weight=Weight(call=3_000, block=60, page=10),
    loan=2_000_000,
)
