"""All that is proved of the segment heap: its public contract; it has no inner operation that goes by a contract."""

from __future__ import annotations

from model.language.logic import Transition, Truth, clause
from model.segment_heap.contract import PUBLIC
from proofs.engine.helping import helped


@clause("the segment before a free last one is used, unless the last one is the first, too")
def last_is_coalesced(t: Transition) -> Truth:
    chain = t.ghost
    return (chain.last == chain.start) | chain.used(chain.last) | chain.used(chain.before[chain.last])


TRIM = helped(PUBLIC.operation("trim"), steps={"trim_restores": (last_is_coalesced,)})

SUBJECT = PUBLIC.made_of(TRIM if one.name == "trim" else one for one in PUBLIC.operations)
