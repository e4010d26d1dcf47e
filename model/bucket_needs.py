"""What the proofs about the bucket heap depend on: names of clauses, of loop invariants and of laws of arithmetic.

A name that is not known where something is proved does no harm.
"""

from __future__ import annotations

REQUIRED = (
    "one_page",
    "room",
    "one_of_many",
    "last_block",
    "run_of_extent",
    "row_of_pages",
    "whole_pages",
    "in_extent",
    "entry_of.entry_of_extent",
    "entry_of.entry_there",
    "entry_of.right_page",
    "entry_of.entry_of_cost",
    "page_aligned.page",
    "page_aligned.end",
    "bucket_of_size.fits",
    "bucket_of_size.range",
    "bucket_of_size.tight",
    "calls.carve",
    "calls.take_block",
    "block_found.live",
    "block_found.home",
    "block_found.kind",
)
"""What an operation relies on, and what its calls gave."""

PLACES = ("geometry", "extents_lie", "entries_lie", "entries_apart", "powers.positive", *REQUIRED)
"""Where extents, entries and pages are."""

PICKED = (
    "block_picked.inside",
    "block_picked.multiple",
    "block_picked.unit",
    "block_picked.counted",
    "block_picked.unused",
    "block_picked.own",
    "block_leaves.inside",
    "block_leaves.multiple",
    "block_leaves.unit",
    "block_leaves.alone",
    "block_leaves.room",
    "block_leaves.busy",
    "block_leaves.fresh",
    "block_leaves.place",
    "block_picked.busy",
    "block_picked.never",
    "place_is_clear.FreeLink",
)
"""What is known of a block that comes or goes."""

COUNTED = ("block_picked.inside", "block_picked.unused", "block_leaves.alone")
"""What tells which blocks of a page are live."""

APART = ("geometry", "entries_apart", "powers.positive", *REQUIRED)
"""That pages do not overlap."""

RUN_AT = ("run_found.page", "run_found.unit", "run_found.dead", "run_leaves.run")

MARKED = (
    "hand_out.within",
    "hand_out.marked",
    "run_found.row",
    "run_found.page",
    "run_found.unit",
    "run_found.pages_free",
    "run_found.end",
    "run_found.dead",
    "run_found.no_block",
    "run_leaves.run",
    "run_leaves.pages",
    "run_leaves.no_links",
    "run_given.kinds",
)
"""What is known of pages that change hands."""

LINKED = (
    *MARKED,
    "run_marked.last",
    "run_given.range",
    "run_given.elsewhere",
    "run_given.still",
    "run_given.no_more",
    "run_given.front",
)
"""What is known of the links of pages that change hands."""

MARKING = (
    *MARKED,
    *APART,
    "hand_out.at_page",
    "hand_out.behind_page",
    "hand_out.mark_cost",
    "give_back.within",
    "give_back.at_page",
    "give_back.behind_page",
    "give_back.given",
    "give_back.give_cost",
    "entries_lie",
    "adjacent",
    "pages_aligned",
    "powers.spaced",
)
"""What a marking loop depends on."""
LINKING = ("give_back.linked", "give_back.no_more_links", "give_back.links_kept")
NEIGHBOURS = ("pass_free_pages.below", "pass_free_pages.next")

LISTS = ("node_pages", "sentinels", "bucket_known.root", "bucket_known.there", "kinds")
"""Which places are in the buckets' lists."""

MULTIPLES = (
    "pages_aligned",
    "powers.rest_in_range",
    "powers.spaced",
    "powers.growing",
    "powers.bounded",
    "multiples.next_multiple",
)
"""Multiples of one power of two."""

BIT_PLACES = ("bits_lie", "measures", "extents_mapped", "extents_aligned", "extents_counted")

LISTING = (
    "bucket_known.there",
    "list_joined.new",
    "list_joined.first",
    "list_left.listed",
    "list_left.before",
    "list_left.following",
)
"""What is known of a page that joins a bucket's list, or leaves it."""

EXTENT_PLACES = ("extent_laid.members", "extent_laid.fresh", "extent_laid.kept", "extent_laid.places")
"""What the pages of a new extent, and their places in lists, have to do with all others."""

EXTENT_IDLE = (
    "extent_laid.idle",
    "extent_laid.idle_before",
    "extent_laid.idle_kept",
    "extent_laid.kept",
    "extent_laid.fresh",
)
"""What the free pages of a new extent have to do with all others."""

LINKS = (*LISTS, "next_links", "prev_links")
WORDS = ("word_found.inside", "word_found.there", "word_found.word")
WALKS = (
    "chain",
    "walk_extents.on_chain",
    "visit_extents.on_chain",
    "walk_free_pages.in_a_row",
    "walk_free_pages.preceded",
    "search_log2.in_range",
)
BASICS = (
    *PLACES,
    *LINKS,
    *MARKED,
    *PICKED,
    *WORDS,
    *WALKS,
    *NEIGHBOURS,
    "hand_out.at_page",
    "give_back.within",
    "give_back.at_page",
    "free_pages",
    "free_links",
    "free_heads",
    "listed",
    "extents_counted",
    "run_marked.last",
    "run_marked.before",
    "links_within.whole",
    "place_is_clear.BucketHeap",
    "place_is_clear.Extent",
    "place_is_clear.Page",
    "place_is_clear.Links",
    "place_is_clear.LiveBits",
    "place_is_clear.mapped",
    "powers.bounded",
    "powers.growing",
    "powers.rest_in_range",
    "take_pages.run_of_size",
    "extent_of.right_extent",
    "measures",
    "multiples.divided",
    "multiples.rising",
    "multiples.first_multiples",
    "bits.range",
    "range",
)
"""Where headers are: what safety depends on."""

EXTENT_WALK = (
    "geometry",
    "chain",
    "extents_lie",
    "extents_counted",
    "extents_apart",
    "chain_skips_none",
    "walk_extents.on_chain",
    "walk_extents.none_passed",
    "walk_extents.walk_cost",
    "visit_extents.on_chain",
)
"""What a walk over the extents depends on."""

TAKEN = (
    "take_pages.pages_or_null",
    "take_pages.run_of_size",
    "take_pages.pages_are_live",
    "take_pages.pages_are_apart",
    "take_pages.lowest_pages",
    "take_pages.bytes_kept",
    "take_pages.take_cost",
    "carve.page_of_bucket",
    "carve.carve_cost",
    "take_block.block_of_page",
    "take_block.block_is_live",
    "take_block.block_is_apart",
    "take_block.bytes_kept",
    "take_block.take_block_cost",
)
"""What the parts of alloc did."""
GIVEN = (
    "extent_of.right_extent",
    "extent_of.extent_of_cost",
    "give_run.run_is_gone",
    "give_run.give_run_cost",
    "dissolve.page_is_run",
    "dissolve.other_bytes_kept",
    "dissolve.dissolve_cost",
    "give_block.block_is_gone",
    "give_block.page_stays",
    "give_block.give_block_cost",
)
"""What the parts of free did."""

PLACE = ("place_mapped", "place_apart", "place_vacant", "place_between", "geometry", "measures", "powers.positive")
"""Where a new extent lies."""
LAYING = (
    *PLACE,
    *(f"lay_pages.{name}" for name in ("standing", "headers", "described", "linked", "only_pages", "only_links")),
    *(f"lay_pages.{name}" for name in ("only_free", "pages_kept", "links_kept", "free_kept", "lay_cost")),
    *("standing", "headers", "described", "linked", "only_pages", "only_links"),
    *("only_free", "pages_kept", "links_kept", "free_kept", "lay_cost"),
    "multiples.rising",
    "multiples.first_multiples",
    "multiples.divisible",
    "multiples.divided",
    "multiples.sum",
    "multiples.next_multiple",
    "range",
)
"""What its pages depend on while they are laid."""
LAID = (*LAYING, "pages_laid.done", "pages_laid.last", "pages_laid.clear", "multiples.least")
NEW = (*LAID, *(f"extent_laid.{name}" for name in ("members", "fresh", "idle", "known")), "multiples.finer")
"""What the pages of a new extent depend on."""
OTHERS = (
    *PLACE,
    *(f"lay_pages.{name}" for name in ("only_pages", "only_links", "only_free", "pages_kept", "links_kept")),
    "lay_pages.free_kept",
    "extents_lie",
    "entries_lie",
    "range",
    *(f"extent_laid.{name}" for name in ("members", "fresh", "idle", "kept")),
)
"""What all else depends on."""
JOINED = (
    *(f"extent_laid.{name}" for name in ("members", "fresh", "measured", "idle", "known", "ahead", "behind", "owned")),
    *(f"extent_laid.{name}" for name in ("kept", "idle_before", "idle_kept", "freed_kept", "no_block", "places")),
    "place_apart",
    "place_mapped",
)
"""What is known of the heap that has a new extent."""
BUILT = (*JOINED, "geometry", "measures", "powers.positive", "range")
"""The same, and what its numbers are."""
MEASURED = (
    "descriptor_there",
    *(f"heap_measured.{name}" for name in ("shift", "header", "rest", "pages", "two", "map", "bits")),
    "powers.positive",
    "range",
)
"""What the numbers in the descriptor of a new heap have to do with each other."""
BEGUN = (
    "descriptor_there",
    "memory_is_callers",
    *(f"heap_measured.{name}" for name in ("shift", "header", "rest", "pages", "two", "map", "bits")),
    "buckets_empty.alone",
    "search_log2.in_range",
    "search_log2.too_small",
    "is_mapped",
    "range",
    "bits.right_is_smaller",
    *(f"powers.{name}" for name in ("positive", "growing", "bounded", "rest_in_range")),
    *(f"multiples.{name}" for name in ("difference", "exact", "divided", "first_multiples", "rising", "floored")),
    "multiples.divisible",
    "multiples.finer",
)
"""What init knows of its numbers."""
FOUND_PLACE = (
    *("on_chain", "preceded", "below", "walk_cost"),
    *(f"find_place.{name}" for name in ("on_chain", "preceded", "below", "walk_cost")),
    *EXTENT_WALK,
    "is_mapped",
)
FLUSHING = (
    *EXTENT_WALK,
    *("on_chain", "waiting", "flushed", "ranked", "in_number", "sentinels", "no_more", "destroy_cost"),
    *(f"flush_extents.{name}" for name in ("on_chain", "waiting", "flushed", "ranked", "in_number", "sentinels")),
    "flush_extents.no_more",
    "sentinels_there.there",
    "clear",
    "links_owned",
    "flush_extents.destroy_cost",
)

RAZED = tuple(f"extent_razed.{struct}" for struct in ("BucketHeap", "Extent", "Page", "Links", "LiveBits", "FreeLink"))
