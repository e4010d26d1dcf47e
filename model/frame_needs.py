"""What the theorems about allocate, free, lend and take_back follow from, by name.

Where a loop comes round, the names of its own invariants mean those at its head.
"""

from __future__ import annotations

from model.needs import Needs, names

SIZES = names(powers="positive bounded growing")
"""What sizes 2**order are known by."""

TAKE_APART: Needs = {
    "states": names("empty_below heads states", search_upwards="in_range"),
    "within": names("empty_below heads in_hand in_range within", powers="growing positive", search_upwards="in_range"),
    "aligned": names(
        "aligned empty_below heads in_hand range", powers="coarser positive upper_half", search_upwards="in_range"
    ),
    "disjoint": names(
        "disjoint empty_below heads in_hand within", powers="growing positive", search_upwards="in_range"
    ),
    "covered": names(
        "covered disjoint empty_below heads in_hand", powers="growing positive", search_upwards="in_range"
    ),
    "counted_inside": names(
        "counted_blocks counted_inside covered disjoint empty_below heads in_hand",
        powers="growing positive",
        search_upwards="in_range",
    ),
    "counted_blocks": names(
        "counted_blocks counted_inside covered disjoint empty_below heads in_hand within",
        powers="growing positive",
        search_upwards="in_range",
    ),
    "rising": names("rising"),
    "canonical": names(
        "area canonical empty_below heads in_hand range",
        powers="flip_of_upper flip_undone positive",
        search_upwards="in_range",
    ),
    "heads": names(
        "disjoint empty_below heads in_hand next_links", powers="growing positive", search_upwards="in_range"
    ),
    "latest_first": names("area empty_below heads latest_first nothing_between stamps", search_upwards="in_range"),
    "next_links": names(
        "area disjoint empty_below heads in_hand next_links", powers="growing positive", search_upwards="in_range"
    ),
    "prev_links": names(
        "area disjoint empty_below heads in_hand prev_links", powers="growing positive", search_upwards="in_range"
    ),
    "first_is_head": names("area empty_below first_is_head heads next_links", search_upwards="in_range"),
    "nothing_between": names(
        "empty_below heads in_hand in_range latest_first next_links nothing_between stamps", search_upwards="in_range"
    ),
    "stamps": names("empty_below heads stamps", search_upwards="in_range"),
    "in_hand": names(
        "aligned counted_blocks empty_below heads in_hand range within",
        powers="coarser growing positive",
        search_upwards="in_range",
    ),
    "in_range": names("in_range", search_upwards="in_range"),
    "empty_below": names("empty_below", search_upwards="empty_below"),
    "kept": names("empty_below kept", powers="positive", upper_half="interior"),
    "elsewhere": names(
        "elsewhere empty_below heads in_hand in_range next_links", powers="growing positive", search_upwards="in_range"
    ),
    "same_frames": names(
        "covered disjoint empty_below heads in_hand machine_width same_frames", powers="growing", upper_half="interior"
    ),
    "enough_left": names(
        "area counted counted_blocks empty_below enough_left heads rising within",
        powers="growing positive",
        search_upwards="in_range",
    ),
    "split_cost": names("empty_below heads machine_width split_cost", search_upwards="search_cost"),
    "orders_kept": names("empty_below kept orders_kept", powers="positive", upper_half="interior"),
}
"""What the invariants of allocate's split follow from."""

JOIN_BUDDIES: Needs = {
    "orders_kept": names("orders_kept"),
    "states": names("in_hand states"),
    "within": names("area in_hand in_range range within", powers="flip_moves growing positive"),
    "aligned": names("aligned area in_hand", powers="flip_moves joined positive"),
    "disjoint": names("area disjoint in_hand in_range range within", powers="flip_moves growing positive"),
    "covered": names("area covered disjoint in_hand in_range range within", powers="flip_moves growing positive"),
    "counted_inside": names(
        "area counted_blocks counted_inside covered disjoint in_hand",
        buddies="counted owned",
        powers="flip_moves growing positive",
    ),
    "counted_blocks": names(
        "area counted_blocks disjoint in_hand range within",
        buddies="counted owned",
        powers="flip_moves growing positive",
    ),
    "rising": names("counted_blocks range rising within", powers="positive"),
    "canonical": names("canonical"),
    "heads": names("area heads in_hand next_links prev_links"),
    "latest_first": names("first_is_head in_hand latest_first nothing_between stamps"),
    "next_links": names("area first_is_head in_hand latest_first next_links prev_links stamps"),
    "prev_links": names("area next_links prev_links"),
    "first_is_head": names("first_is_head next_links"),
    "nothing_between": names("nothing_between prev_links stamps"),
    "stamps": names("first_is_head prev_links stamps"),
    "in_hand": names(
        "aligned area counted_blocks covered disjoint in_hand in_range range within",
        powers="flip_moves flip_of_lower growing joined positive",
    ),
    "counted": names("area counted counted_blocks range rising within", powers="positive"),
    "kept": names("kept"),
    "elsewhere": names("elsewhere in_hand in_range next_links prev_links range within", powers="positive"),
    "same_frames": names(
        "area counted_blocks covered disjoint in_hand in_range same_frames",
        buddies="owned",
        powers="flip_moves growing positive",
    ),
    "in_range": names("in_range"),
    "merge_cost": names("merge_cost"),
}
"""What the invariants of free's merge follow from."""

ALLOCATE: Needs = {
    "allocate_raises": (),
    "unsupported": (),
    "single_full": names("area counted machine_width none_below", powers="positive"),
    "machine_width": names(
        "area counted heads machine_width next_links range",
        powers="bounded growing positive",
        search_upwards="in_range",
        take_apart="empty_below enough_left in_hand in_range",
        upper_half="interior",
    ),
    "safety": names("area heads machine_width next_links tables", take_apart="heads in_hand", upper_half="interior"),
    "search_upwards.terminates": (),
    "take_apart.terminates": (),
    "right_size": names("heads machine_width", take_apart="in_hand in_range"),
    "physically_aligned": names("area", powers="bounded growing positive shifted", take_apart="in_hand in_range"),
    "was_free": names(
        "covered disjoint heads machine_width",
        powers="growing positive unit",
        search_upwards="in_range",
        take_apart="covered in_hand in_range same_frames",
    ),
    "overlaps_nothing": names(
        "counted_blocks disjoint heads machine_width was_free",
        powers="positive",
        take_apart="covered in_hand same_frames",
    ),
    "one_more_live": names("heads machine_width", take_apart="in_range kept orders_kept"),
    "takes_the_frames": names(
        "heads machine_width",
        powers="positive",
        take_apart="counted_blocks covered disjoint in_hand in_range same_frames",
    ),
    "nothing_outside": names("heads machine_width", take_apart="elsewhere in_hand"),
    "same_index": (),
    "single_taken": names(
        "area counted_blocks covered one_more_live range right_size same_index takes_the_frames was_free",
        powers="positive unit",
    ),
    "allocate_cost": names(search_upwards="in_range search_cost", take_apart="in_hand split_cost"),
    "states": names("heads", search_upwards="in_range", take_apart="states"),
    "within": names("heads", search_upwards="in_range", take_apart="in_range within"),
    "aligned": names("heads", search_upwards="in_range", take_apart="aligned in_range"),
    "disjoint": names("heads", search_upwards="in_range", take_apart="disjoint in_hand in_range"),
    "covered": names("heads", search_upwards="in_range", take_apart="covered in_hand in_range"),
    "canonical": names("heads", search_upwards="in_range", take_apart="canonical in_hand in_range"),
    "heads": names("heads", search_upwards="in_range", take_apart="heads in_hand in_range"),
    "latest_first": names("heads", search_upwards="in_range", take_apart="in_range latest_first"),
    "next_links": names("heads", search_upwards="in_range", take_apart="in_hand in_range next_links"),
    "prev_links": names("heads", search_upwards="in_range", take_apart="in_hand in_range prev_links"),
    "first_is_head": names("heads", search_upwards="in_range", take_apart="first_is_head in_range"),
    "nothing_between": names("heads", search_upwards="in_range", take_apart="in_range nothing_between"),
    "stamps": names("heads", search_upwards="in_range", take_apart="stamps"),
    "counted_inside": names(
        "heads",
        powers="positive",
        search_upwards="in_range",
        take_apart="counted_inside covered disjoint in_hand in_range",
    ),
    "counted_blocks": names(
        "heads",
        powers="positive",
        search_upwards="in_range",
        take_apart="counted_blocks covered disjoint in_hand in_range within",
    ),
    "rising": names(
        "heads rising", powers="positive", search_upwards="in_range", take_apart="counted_blocks in_hand in_range"
    ),
    "counted": names(
        "area counted counted_blocks heads rising within",
        powers="growing positive",
        search_upwards="in_range",
        take_apart="counted_blocks in_hand in_range",
    ),
    "none_below": names(
        "area counted counted_blocks counted_inside covered disjoint full_only_if_0 within",
        powers="positive rest_in_range unit",
    ),
}
"""What the theorems about allocate follow from."""

FREE: Needs = {
    "safety": names("area machine_width tables", join_buddies="heads in_hand next_links prev_links", powers="positive"),
    "free_raises": (),
    "rejects_invalid": (),
    "same_index": names("area"),
    "single_rejected": names("area counted_blocks covered range same_index within", powers="unit"),
    "machine_width": names(
        "area counted machine_width range within",
        join_buddies="heads in_hand next_links prev_links",
        powers="bounded flip_moves positive",
    ),
    "gives_the_frames": names(join_buddies="covered disjoint in_hand same_frames", powers="positive"),
    "one_live_less": names(
        "aligned counted_blocks covered disjoint machine_width range safety",
        join_buddies="counted_blocks covered in_hand in_range kept same_frames within",
        powers="positive spaced",
    ),
    "nothing_outside": names(
        "machine_width range", join_buddies="covered elsewhere heads in_hand in_range within", powers="positive"
    ),
    "single_given": names("counted_blocks covered gives_the_frames nothing_outside one_live_less same_index"),
    "free_cost": names("range", join_buddies="in_hand merge_cost"),
    "states": names(join_buddies="states"),
    "within": names(join_buddies="within"),
    "aligned": names(join_buddies="aligned"),
    "disjoint": names(join_buddies="disjoint"),
    "covered": names("area", join_buddies="covered disjoint in_hand", powers="flip_moves positive"),
    "canonical": names("area", join_buddies="canonical in_hand within", powers="flip_undone positive"),
    "heads": names(join_buddies="heads in_hand", powers="positive"),
    "latest_first": names("area", join_buddies="heads in_hand latest_first stamps", powers="positive"),
    "next_links": names("area", join_buddies="heads in_hand next_links stamps"),
    "prev_links": names(join_buddies="heads in_hand prev_links", powers="positive"),
    "first_is_head": names("area", join_buddies="first_is_head heads in_hand within", powers="positive"),
    "nothing_between": names(join_buddies="heads in_hand latest_first next_links nothing_between stamps within"),
    "stamps": names(join_buddies="stamps"),
    "counted_inside": names(join_buddies="counted_inside covered disjoint in_hand"),
    "counted_blocks": names(join_buddies="counted_blocks covered disjoint in_hand"),
    "rising": names(join_buddies="rising"),
    "join_buddies.terminates": (),
}
"""What the theorems about free follow from."""

EXCHANGE: Needs = {
    "safety": names("area tables"),
    "exchanges": (),
    "exchange_raises": (),
    "single_lent": names("area counted_blocks covered disjoint"),
    "machine_width": names("area"),
    "only_that_frame": (),
    "states": names("states"),
    "within": names("within"),
    "aligned": names("aligned"),
    "disjoint": names("disjoint"),
    "covered": names("covered"),
    "canonical": names("canonical"),
    "heads": names("heads"),
    "latest_first": names("latest_first"),
    "next_links": names("next_links"),
    "prev_links": names("prev_links"),
    "first_is_head": names("first_is_head"),
    "nothing_between": names("nothing_between"),
    "stamps": names("stamps"),
    "counted_inside": names("counted_inside"),
    "counted_blocks": names("counted_blocks covered"),
    "single_returned": names("area counted_blocks covered disjoint"),
}
"""What the theorems about lend and take_back follow from."""

IS_LIVE: Needs = {
    "safety": names("area tables"),
    "tells_live": (),
    "machine_width": names("area range two_words within", powers="bounded positive"),
}
"""What the theorems about is_live follow from."""
