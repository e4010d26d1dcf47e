"""All that is proved of the virtual memory: the walk, the TLB, what accesses are made of, its public contract."""

from __future__ import annotations

from dataclasses import replace

from model.virtual_memory.access import LOAD_U64, READ, WRITE, by_field
from model.virtual_memory.contract import PUBLIC, TRANSLATE, TRANSLATE_CODE
from proofs.virtual_memory.access import (
    FILLING,
    LOAD_RAW,
    LOADING,
    STARTS,
    STORE_RAW,
    STORING,
    TRANSLATING,
    WHERE,
    WHERE_FIELD,
    seen,
)
from proofs.virtual_memory.look_up import CHECK_FRAME, LOOK_UP, REFILL, TABLE_WORD, WALK
from proofs.virtual_memory.placement import FIND_HOLE, PLACED, VACANT_SINCE

LOOKING = {
    FILLING.name: FILLING,
    LOAD_U64.name: replace(LOAD_U64, lemmas=WHERE),
    READ.name: replace(seen(READ, by_field), lemmas=WHERE_FIELD),
    WRITE.name: replace(seen(WRITE, by_field), lemmas=WHERE_FIELD),
    PLACED.name: PLACED,
    TRANSLATE_CODE.name: replace(TRANSLATE_CODE, lemmas=WHERE),
}
"""The operations whose proofs are helped: most of them look up a page themselves."""
OTHERS = tuple(LOOKING.get(one.name, one) for one in PUBLIC.operations if one.name != TRANSLATE.name)
INNER = (
    *(TABLE_WORD, CHECK_FRAME, LOOK_UP, WALK, REFILL, VACANT_SINCE, FIND_HOLE),
    *(TRANSLATING, STARTS, LOAD_RAW, STORE_RAW, LOADING, STORING),
)
SUBJECT = PUBLIC.made_of((*INNER, *OTHERS))
