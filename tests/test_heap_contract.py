"""The contract that allocators in C are checked against holds of our own heaps in checked runs, call by call.

That it follows from their own contracts, for all states, is proved: tests/test_heaps_proof.py.
"""

from random import Random

import pytest

from proofs.heaps.live import scenario

SIZES = (1, 8, 40, 200, 1000, 5000, 2**63)
CALLS = 30


@pytest.mark.parametrize("name", scenario.GRANTS)
def test_our_heap_keeps_the_contract_of_every_heap(name):
    user, random = getattr(scenario, name)(), Random(3)
    user.thorough = False
    for _ in range(CALLS):
        if user.blocks and random.random() < 0.4:
            user.call("free", random.choice(user.blocks))
        else:
            user.call(scenario.GRANTS[name][0], random.choice(SIZES))
    assert user.held.count > 3
    assert user.judged > 150
