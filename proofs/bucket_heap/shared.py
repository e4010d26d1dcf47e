"""What the inner operations of the bucket heap leave alone."""

from __future__ import annotations

from model.bucket_heap.shared import before, payloads_kept
from model.language.logic import Transition, Truth, clause, mention
from proofs.engine.helping import inner

LISTED = ("Links.next", "Links.prev", "ghost.nodes", "ghost.bucket", "ghost.stamp", "ghost.clock")
"""What changes with a bucket's list."""


@clause("no byte of any live block is touched")
def bytes_kept(t: Transition) -> Truth:
    return payloads_kept(t)


@inner
@clause("the page behind every free page is looked at: before the call wherever its link is, afterwards at once")
def pages_looked_at(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    then: Truth = before(t).link.at(old.idle, lambda d: mention(old.after[old.entry_at[d]]))
    now: Truth = new.idle.all(lambda d: mention(new.after[new.entry_at[d]]))
    return then & now
