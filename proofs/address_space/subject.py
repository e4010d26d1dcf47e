"""All that is proved of an address space: its public contract, and the operations of which it consists.

Each calls those before it by their contracts alone.
"""

from __future__ import annotations

from model.address_space.contract import PUBLIC, TRANSLATE, WALK, careful
from model.address_space.mapping import MAP
from model.address_space.ranges import PROTECT, UNMAP
from proofs.address_space.beginning import BEGUN
from proofs.address_space.change import CHANGE
from proofs.address_space.contract import FIND
from proofs.address_space.demand import FIRST_IN, MISSING_LEVELS, MISSING_TABLES
from proofs.address_space.drain import DRAINS
from proofs.address_space.frames import GIVE_BACK, NEW_FRAME
from proofs.address_space.freed import FREE_TABLE
from proofs.address_space.leaves import CLEAR_LEAF, SET_LEAF
from proofs.address_space.lend import LEND
from proofs.address_space.pages import MAP_PAGE, PROTECT_PAGE, UNMAP_PAGE
from proofs.address_space.ranges import IS_CANONICAL_RANGE
from proofs.address_space.reserved import MAP_BORROWED_PAGE, ends_looked_at
from proofs.address_space.steps import ENTER, LEAVE
from proofs.address_space.tables import CLOSE, NEW_TABLE, OPEN
from proofs.engine.helping import helped

MAP_RESERVED = helped(PUBLIC.operation("map_reserved"), steps={"map_reserved_refuses": (ends_looked_at,)})

HELPED = {one.name: one for one in (*PUBLIC.operations, MAP_RESERVED, careful(BEGUN))}

SUBJECT = PUBLIC.made_of(
    HELPED[operation.name] if operation.name in HELPED else careful(operation)
    for operation in (
        *(FIND, WALK, TRANSLATE),
        *(NEW_FRAME, NEW_TABLE, BEGUN, FREE_TABLE, GIVE_BACK),
        *(ENTER, LEAVE, CHANGE, OPEN, CLOSE),
        *(SET_LEAF, CLEAR_LEAF, MAP_PAGE, UNMAP_PAGE, PROTECT_PAGE),
        *(IS_CANONICAL_RANGE, FIRST_IN, MISSING_LEVELS, MISSING_TABLES, MAP),
        *(LEND, MAP_BORROWED_PAGE, MAP_RESERVED),
        *(UNMAP, PROTECT),
        *DRAINS,
    )
)
