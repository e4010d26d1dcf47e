"""The prover refutes faulty editions of the bin heap, each by a theorem that names the fault."""

import pytest

from tests.defects.bin_heap import DEFECTS
from tests.defects.bin_heap_trim import TRIM
from tests.defects.defect import Defect
from tests.warm import names

REFUTED = (
    "asks_of_one_list",
    "believes_every_heap",
    "keeps_bit_of_empty_bin",
    "keeps_spare_pages",
    "keeps_old_bits",
    "keeps_the_lock",
    "leaves_swallowed_in_bin",
    "loses_remainder",
    "loses_the_tail",
    "merges_across_a_gap",
    "merges_past_the_cap",
    "moves_without_need",
    "reads_sentinel_as_block",
    "refuses_live_blocks",
    "splits_too_small",
    "spreads_zeros",
    "stamps_a_neighbour",
    "walks_past_the_sentinel",
    "wraps_huge_sizes",
)
"""One for each kind of fault; the stateful checker meets them all (test_bin_heap_checking.py)."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "defect", [pytest.param(d, id=d.name) for d in (*DEFECTS, *TRIM) if d.name in REFUTED or d in TRIM]
)
def test_the_prover_refutes(defect: Defect) -> None:
    """BIN-7, BIN-10, BIN-12, BIN-13, BIN-14, BIN-16."""
    assert names(defect)
