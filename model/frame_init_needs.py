"""What the theorems about get_header and init_region follow from, by name.

Where a loop comes round, the names of its own invariants mean those at its head.
"""

from __future__ import annotations

from model.needs import Needs, names

INSERT_RUN: Needs = {
    "inside": names(
        "inside machine_width",
        area_described="numbers",
        insert_usable="standing",
        largest_order="fits",
        next_gap="inside",
        run_of_gap="numbers",
    ),
    "states": names("states waiting", insert_usable="states to_come", largest_order="fits", next_gap="inside"),
    "within": names(
        "heads waiting within",
        insert_usable="settled to_come within",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "aligned": names("aligned waiting", insert_usable="aligned to_come", largest_order="fits", next_gap="inside"),
    "disjoint": names(
        "disjoint waiting within", insert_usable="disjoint to_come within", largest_order="fits", next_gap="inside"
    ),
    "covered": names(
        "alone covered heads inside within",
        insert_usable="alone covered standing to_come",
        largest_order="fits",
        next_gap="inside passed_held",
        powers="positive",
    ),
    "heads": names(
        "heads inside waiting",
        area_described="numbers",
        insert_usable="heads standing",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "latest_first": names(
        "latest_first stamps waiting",
        area_described="numbers",
        insert_usable="latest_first to_come",
        largest_order="fits",
        next_gap="inside",
    ),
    "next_links": names(
        "heads next_links stamps waiting",
        area_described="numbers",
        insert_usable="next_links to_come",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "prev_links": names(
        "heads inside prev_links waiting within",
        area_described="numbers",
        insert_usable="prev_links standing to_come",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "first_is_head": names(
        "first_is_head heads waiting",
        area_described="numbers",
        insert_usable="first_is_head to_come",
        largest_order="fits",
        next_gap="inside",
    ),
    "nothing_between": names(
        "heads latest_first next_links nothing_between stamps waiting",
        insert_usable="nothing_between to_come",
        largest_order="fits",
        next_gap="inside",
    ),
    "stamps": names("stamps waiting", insert_usable="settled stamps to_come", largest_order="fits", next_gap="inside"),
    "counted_inside": names(
        "alone counted_inside covered none_counted waiting",
        insert_usable="alone counted_inside",
        largest_order="fits",
        next_gap="inside",
    ),
    "counted_blocks": names(
        "counted_blocks none_counted settled waiting within",
        insert_usable="alone counted_blocks none_counted to_come",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "rising": names(
        "counted inside none_counted rising",
        area_described="numbers",
        insert_usable="counted none_counted rising standing",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
        run_of_gap="numbers",
    ),
    "canonical": names(
        "aligned behind canonical heads inside maximal range waiting within",
        area_described="numbers",
        insert_usable="canonical to_come",
        largest_order="fits",
        next_gap="inside",
        powers="flip_moves flip_undone growing joined positive",
    ),
    "counted": names(
        "counted inside none_counted",
        insert_usable="counted none_counted",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "to_come": names("to_come", insert_usable="to_come", largest_order="fits", next_gap="inside", powers="positive"),
    "alone": names("alone", insert_usable="alone", largest_order="fits", next_gap="inside", powers="positive"),
    "none_counted": names(
        "none_counted", insert_usable="none_counted", largest_order="fits", next_gap="inside", powers="positive"
    ),
    "settled": names(
        "inside settled to_come waiting",
        insert_usable="settled to_come",
        largest_order="fits",
        next_gap="inside usable",
        run_of_gap="numbers passed",
    ),
    "waiting": names(
        "waiting",
        insert_usable="to_come",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
        run_of_gap="numbers usable",
    ),
    "behind": names(
        "behind inside", insert_usable="to_come within", next_gap="inside", run_of_gap="apart numbers passed"
    ),
    "run_cost": names(
        "run_cost",
        area_described="numbers",
        insert_usable="insert_cost standing",
        largest_order="fits",
        next_gap="inside",
        powers="positive",
    ),
    "elsewhere": names("elsewhere heads inside", largest_order="fits", next_gap="inside"),
    "other_counts": names("other_counts"),
    "maximal": names("maximal waiting", largest_order="fits largest"),
}
"""What the invariants of the loop over one run follow from."""

INSERT_USABLE: Needs = {
    "standing": names(
        "standing",
        insert_run="inside",
        mark_usable="standing",
        next_gap="ends_before_held inside",
        run_of_gap="numbers",
        whole_frames="sound",
    ),
    "states": names(insert_run="states waiting"),
    "within": names(insert_run="inside within"),
    "aligned": names(insert_run="aligned"),
    "disjoint": names(insert_run="disjoint waiting"),
    "covered": names(insert_run="covered"),
    "heads": names(insert_run="heads inside", mark_usable="lists_empty"),
    "latest_first": names(insert_run="latest_first"),
    "next_links": names(insert_run="inside next_links"),
    "prev_links": names(insert_run="inside prev_links"),
    "first_is_head": names(insert_run="first_is_head waiting"),
    "nothing_between": names(insert_run="nothing_between"),
    "stamps": names(area_described="numbers", insert_run="stamps waiting"),
    "counted_inside": names(insert_run="counted_inside"),
    "counted_blocks": names(insert_run="counted_blocks waiting"),
    "rising": names(insert_run="rising"),
    "canonical": names(insert_run="canonical"),
    "counted": names(area_described="numbers", insert_run="counted inside"),
    "to_come": names(area_described="numbers", insert_run="inside to_come", mark_usable="marked standing"),
    "alone": names(insert_run="alone inside"),
    "none_counted": names(insert_run="inside none_counted"),
    "settled": names(insert_run="settled waiting"),
    "elsewhere": (),
    "other_counts": (),
    "insert_cost": names(area_described="numbers", insert_run="inside run_cost", mark_usable="mark_cost standing"),
}
"""What the invariants of the loop over all runs follow from."""

INIT_REGION: Needs = {
    "init_raises": names(
        clip="clip_raises", pass_clear_regions="counting missed", whole_frames="area_raises area_refused"
    ),
    "init_refuses": names(
        area_described="numbers",
        clip="clipped left_if_met widened",
        pass_clear_regions="counting missed",
        whole_frames="area_refused exact sound",
    ),
    "machine_width": names(
        "frames_described largest_order_some_frames machine_width next_gap_whole_area range room_for_header",
        area_described="numbers",
        clip="clipped",
        insert_run="counted heads inside",
        insert_usable="standing",
        largest_order="fits",
        mark_usable="standing",
        next_gap="inside",
        pass_clear_regions="counting",
        powers="bounded positive",
        run_of_gap="numbers",
        whole_frames="area_raises area_refused exact sound",
    ),
    "pass_clear_regions.counting": names("frames_described", pass_clear_regions="counting"),
    "pass_clear_regions.terminates": names(pass_clear_regions="counting"),
    "clip_whole_area": names(whole_frames="sound"),
    "pass_clear_regions.missed": names(
        clip="clip_raises clipped left_if_met widened", pass_clear_regions="missed", whole_frames="sound"
    ),
    "safety": names(
        "largest_order_some_frames machine_width room_for_header safety",
        area_described="numbers",
        insert_run="heads",
        largest_order="fits",
        mark_usable="standing",
        next_gap="inside",
        records_of_gap="addresses",
        whole_frames="area_raises area_refused exact sound",
    ),
    "area_described.numbers": names("machine_width", whole_frames="sound"),
    "mark_usable.standing": names(
        "machine_width",
        area_described="numbers",
        mark_usable="standing",
        next_gap="ends_before_held inside",
        whole_frames="sound",
    ),
    "mark_usable.lists_empty": names("machine_width", mark_usable="lists_empty"),
    "mark_usable.mark_cost": names(
        "machine_width next_gap_whole_area",
        area_described="numbers",
        mark_usable="mark_cost standing",
        next_gap="inside usable",
        records_of_gap="addresses",
        whole_frames="sound",
    ),
    "mark_usable.terminates": names("machine_width", next_gap="inside"),
    "next_gap_whole_area": names("machine_width", area_described="numbers", whole_frames="exact sound"),
    "next_gap_begins_inside": names(insert_usable="standing", mark_usable="standing"),
    "next_gap_all_words": names(pass_clear_regions="missed"),
    "next_gap_held_described": names(
        "frames_described", area_described="numbers", whole_frames="area_raises area_refused exact sound"
    ),
    "insert_usable.terminates": names(next_gap="inside"),
    "insert_run.terminates": names(largest_order="fits", powers="positive"),
    "largest_order_some_frames": names("machine_width", insert_run="inside", next_gap="inside", whole_frames="sound"),
    "whole_frames_of_area": names(area_described="numbers", whole_frames="exact"),
    "header_reserved": names(insert_usable="settled"),
    "regions_reserved": names(
        "frames_described",
        area_described="numbers",
        insert_usable="settled",
        whole_frames="area_raises area_refused exact",
    ),
    "others_free": names(
        "frames_described",
        area_described="numbers",
        insert_usable="covered settled standing",
        powers="positive",
        whole_frames="area_raises area_refused exact sound",
    ),
    "none_live": names(insert_usable="settled"),
    "init_bytes_outside": names(
        area_described="numbers",
        insert_usable="standing",
        mark_usable="outside standing",
        whole_frames="area_raises area_refused exact sound",
    ),
    "init_claims_outside": (),
    "init_records_outside": names(insert_usable="elsewhere other_counts"),
    "init_cost": names(
        area_described="numbers",
        insert_usable="insert_cost standing",
        whole_frames="area_raises area_refused exact sound",
    ),
    "area": names("room_for_header", area_described="numbers", whole_frames="area_raises area_refused exact sound"),
    "tables": (),
    "states": names(insert_usable="states"),
    "within": names(insert_usable="standing within"),
    "aligned": names(insert_usable="aligned"),
    "disjoint": names(insert_usable="disjoint"),
    "covered": names(insert_usable="covered"),
    "canonical": names(insert_usable="canonical"),
    "heads": names(insert_usable="heads standing"),
    "latest_first": names(insert_usable="latest_first"),
    "next_links": names(insert_usable="next_links standing"),
    "prev_links": names(insert_usable="prev_links standing"),
    "first_is_head": names(insert_usable="first_is_head"),
    "nothing_between": names(insert_usable="nothing_between"),
    "stamps": names(insert_usable="stamps"),
    "counted_inside": names(insert_usable="counted_inside"),
    "counted_blocks": names(insert_usable="counted_blocks"),
    "rising": names(insert_usable="rising"),
    "counted": names(insert_usable="counted standing"),
}
"""What the theorems about init_region follow from."""

GET_HEADER: Needs = {
    "get_header_raises": names(clip="clip_raises", pass_clear_regions="counting", whole_frames="area_raises"),
    "refuses_areas": names(whole_frames="area_raises area_refused"),
    "machine_width": names(
        "machine_width regions_described",
        clip="clipped",
        pass_clear_regions="counting",
        search_place="inside",
        whole_frames="sound",
    ),
    "search_place.inside": names(clip="clipped", whole_frames="sound"),
    "search_place.terminates": names(whole_frames="sound"),
    "pass_clear_regions.counting": names("regions_described", pass_clear_regions="counting"),
    "pass_clear_regions.terminates": names(pass_clear_regions="counting"),
    "clip_whole_area": names(whole_frames="sound"),
    "search_place.blocked_below": names(
        "regions_described",
        clip="clipped left_if_met widened",
        pass_clear_regions="counting",
        search_place="blocked_below inside",
        whole_frames="area_raises area_refused exact sound",
    ),
    "pass_clear_regions.missed": names(
        "machine_width",
        clip="clip_raises left_if_met widened",
        pass_clear_regions="missed",
        search_place="inside",
        whole_frames="sound",
    ),
    "fits_into_area": names(search_place="inside", whole_frames="exact"),
    "clear_of_regions": names("machine_width", pass_clear_regions="missed", search_place="inside"),
    "lowest_place": names(
        "regions_described", search_place="blocked_below", whole_frames="area_raises area_refused exact"
    ),
    "out_of_memory_only_if": names(
        "regions_described", search_place="blocked_below inside", whole_frames="area_raises area_refused exact sound"
    ),
}
"""What the theorems about get_header follow from."""

NEXT_GAP: Needs = {
    "pass_held_frames.inside": names("begins_inside", clip="clipped", pass_held_frames="inside"),
    "pass_held_frames.terminates": (),
    "pass_clear_regions.counting": names("held_described", pass_clear_regions="counting"),
    "pass_clear_regions.missed": names(
        "all_words begins_inside",
        clip="clip_raises clipped left_if_met widened",
        pass_clear_regions="counting missed",
        pass_held_frames="inside",
    ),
    "pass_clear_regions.terminates": names(pass_clear_regions="counting"),
    "raises_only": names("all_words held_described machine_width", clip="clip_raises"),
    "machine_width": names(
        "begins_inside held_described whole_area",
        clip="clipped",
        pass_clear_regions="counting",
        pass_gap_borders="counting",
        pass_held_frames="inside",
    ),
    "pass_held_frames.held": names(
        "begins_inside held_described machine_width whole_area",
        clip="clipped left_if_met widened",
        pass_held_frames="held inside",
    ),
    "pass_gap_borders.counting": names("held_described", pass_gap_borders="counting"),
    "pass_gap_borders.inside": names(
        "whole_area", clip="clipped", pass_gap_borders="inside", pass_held_frames="inside"
    ),
    "pass_gap_borders.missed": names(
        "all_words begins_inside held_described machine_width whole_area",
        clip="clip_raises clipped left_if_met widened",
        pass_clear_regions="missed",
        pass_gap_borders="counting inside missed",
        pass_held_frames="inside",
    ),
    "pass_gap_borders.terminates": names(pass_gap_borders="counting"),
    "pass_gap_borders.border": names(
        "held_described machine_width whole_area",
        clip="clipped left_if_met widened",
        pass_gap_borders="inside",
        pass_held_frames="inside",
    ),
    "inside": names(pass_gap_borders="inside", pass_held_frames="inside"),
}
"""What the theorems about next_gap follow from."""
