"""What theorems about the page tables follow from, by name, where their clauses do not say it."""

from __future__ import annotations

from dataclasses import replace

from model.logic import Operation
from model.needs import Needs, names

NEEDS: dict[str, Needs] = {
    "translate": {
        "at_most_four_loads": names(_find="at_most_four_loads"),
        "machine_width": (),
    },
    "walk": {
        "walk_raises": (),
    },
    "_missing_tables": {
        "count_missing.where": names("range_given where", count_missing="where"),
        "machine_width": names("machine_width range range_given", count_missing="most where", first_in="tells_first"),
        "count_cost": names(_missing_levels="look_cost", count_missing="cost where"),
        "count_missing.cost": names("cost", _missing_levels="look_cost", count_missing="cost"),
    },
    "_new_frame": {
        "reads_zero": (),
        "no_other_byte": (),
    },
    "_new_table": {
        "frame_cost": names(_new_frame="frame_cost"),
    },
    "_enter": {
        "safety": names("leads_up of_this_space page_in_hand table_in_hand tables_in_place"),
        "machine_width": names("leads_down leads_up of_this_space range safety slot_vacant tables_apart"),
        "entry_comes": names("room"),
        "frame_serves": (),
        "map_has_entry": names("of_this_space"),
    },
    "_open": {
        "safety": names("of_this_space tables_in_place"),
        "calls._new_table": names("can_open present"),
        "machine_width": names("range", _new_table="takes_a_free_frame"),
        "same_map": names("above_pages", _enter="map_has_entry"),
        "open_cost": names(
            "above_pages of_this_space one_level_down other_frames_kept",
            _enter="enter_cost entry_comes",
            _new_table="frame_cost",
            calls="_enter",
        ),
    },
    "_set_leaf": {
        "reserved_left_alone": names(_open="reserved_left_alone other_frames_kept", _enter="reserved_left_alone"),
        "machine_width": names("alive bits_of_way machine_width owned proper_address rooted"),
        "set_cost": names(
            "vacant",
            _enter="enter_cost",
            _open="is_open open_cost opens_empty other_entries_kept slot_below",
            calls="_open",
        ),
    },
    "_map_page": {
        "calls._new_frame": names("frames_free"),
        "machine_width": names("flags_known machine_width range", _new_frame="takes_a_free_frame"),
        "map_page_cost": names(_new_frame="frame_cost", _set_leaf="set_cost"),
    },
    "_map_borrowed_page": {
        "machine_width": names("flags_known frame_lent machine_width"),
        "map_borrowed_cost": names(_set_leaf="set_cost"),
    },
    "map": {
        "machine_width": names(
            "range",
            _missing_tables="tells_tables",
            is_canonical_range="tells_canonical",
            map_pages="where",
            next_page="proper",
        ),
        "map_cost": names(_missing_tables="count_cost", map_pages="cost where"),
        "calls._missing_tables": names("own_root", is_canonical_range="tells_canonical"),
        "map_pages.where": names("where", map_pages="where"),
        "map_pages.cost": names("cost", _map_page="map_page_cost", _missing_tables="count_cost", map_pages="cost"),
        "map_pages.terminates": (),
        "calls._map_page": names(
            "machine_width",
            _missing_tables="sums_grow tells_tables",
            calls="_map_page",
            is_canonical_range="tells_canonical",
            map_pages="fresh left where",
            next_page="counted proper",
        ),
        "empty_tables_back": names(map_pages="no_table_empty"),
    },
    "map_reserved": {
        "machine_width": names(
            "frames_known",
            _lend="lend_refuses lent_in_memory",
            is_canonical_range="tells_canonical",
            map_borrowed="where",
            next_page="proper",
        ),
        "map_reserved_cost": names(
            _lend="lend_cost", _missing_tables="count_cost", calls="_lend", map_borrowed="cost where"
        ),
        "calls._missing_tables": names("own_root", is_canonical_range="tells_canonical"),
        "refused_whole": names(_lend="lends_all"),
        "map_borrowed.where": names("where", map_borrowed="where"),
        "map_borrowed.cost": names(
            "cost",
            _lend="lend_cost",
            _map_borrowed_page="map_borrowed_cost",
            _missing_tables="count_cost",
            map_borrowed="cost",
        ),
        "map_borrowed.terminates": (),
        "calls._map_borrowed_page": names(
            "frame_at machine_width",
            _lend="lend_refuses lent_in_memory",
            _missing_tables="sums_grow tells_tables",
            calls="_map_borrowed_page",
            is_canonical_range="tells_canonical",
            map_borrowed="left shown waiting where",
            next_page="counted proper",
        ),
        "map_borrowed.bytes": names(
            "bytes only_lent", _map_borrowed_page="bytes_of_others", map_borrowed="bytes only_lent"
        ),
        "empty_tables_back": names(map_borrowed="no_table_empty"),
    },
    "_lend": {
        "machine_width": names(lend_frames="where", take_frames_back="where"),
        "lend_refuses": names("in_memory some_pages", lend="single_lent", lend_frames="lent were_reserved where"),
        "lend_cost": names("some_pages", lend_frames="cost", take_frames_back="cost where"),
        "lend_frames.where": names("some_pages where", lend_frames="where"),
        "lend_frames.lent": names("lent where", lend="single_lent", lend_frames="lent where"),
        "lend_frames.were_reserved": names("lent were_reserved", lend="single_lent", lend_frames="lent were_reserved"),
        "take_frames_back.where": names("where", lend_frames="where", take_frames_back="where"),
        "take_frames_back.lent": names(
            "lent were_reserved",
            lend="single_lent",
            lend_frames="lent",
            take_back="single_returned",
            take_frames_back="lent were_reserved",
        ),
        "take_frames_back.free": names(
            "free", lend="single_lent", lend_frames="free", take_back="single_returned", take_frames_back="free"
        ),
        "take_frames_back.cost": names(
            "cost", lend="exchange_cost", lend_frames="cost", take_back="exchange_cost", take_frames_back="cost"
        ),
        "lends_all": names(lend_frames="free lent", take_frames_back="free lent"),
    },
    "_change": {
        "safety": names("in_a_table same_page tables_in_place"),
        "entry_changes": (),
        "map_has_change": names("in_a_table"),
    },
    "_protect_page": {
        "protect_page_cost": names(_change="change_cost"),
    },
    "protect": {
        "machine_width": names(find_mapped="where", is_canonical_range="tells_canonical", protect_pages="where"),
        "protect_cost": names(
            _find="at_most_four_loads",
            find_mapped="cost",
            is_canonical_range="tells_canonical",
            protect_pages="cost where",
        ),
        "find_mapped.where": names("where", find_mapped="where"),
        "find_mapped.cost": names("cost", _find="at_most_four_loads", find_mapped="cost"),
        "protect_pages.where": names("where", protect_pages="where"),
        "protect_pages.no_table_empty": names("no_empty_table own_root"),
        "protect_pages.cost": names(
            "cost", _protect_page="protect_page_cost", find_mapped="cost where", protect_pages="cost"
        ),
        "protect_pages.terminates": (),
        "calls._protect_page": names(
            "machine_width own_root",
            find_mapped="all_mapped",
            is_canonical_range="tells_canonical",
            protect_pages="flagged where",
        ),
        "protect_pages.flagged": names(
            "flagged present where",
            _protect_page="page_has_flags",
            calls="_protect_page",
            is_canonical_range="tells_canonical",
            protect_pages="flagged where",
        ),
        "all_flagged": names(protect_pages="flagged where"),
    },
    "_leave": {
        "safety": names("leads_up may_go of_this_space present tables_in_place"),
        "entry_goes": names("counts_one"),
        "frame_serves_no_more": (),
        "map_has_no_entry": names("of_this_space"),
    },
    "_give_back": {
        "machine_width": (),
        "frame_goes_back": names(
            "borrowed frame_in_hand", free="single_given single_rejected", take_back="single_returned"
        ),
        "free_table_cost": names(free="free_cost", take_back="exchange_cost"),
        "raises_only": names("borrowed frame_in_hand", free="single_rejected"),
    },
    "_free_table": {
        "entries_go": names("frame_at table_unused"),
    },
    "_close": {
        "calls._free_table": names(
            "above_pages can_close of_this_space owned leads_down tables_in_place frame_of frame_at aligned",
            _leave="frame_serves_no_more",
        ),
        "table_goes": names(
            "above_pages can_close frame_of leads_down of_this_space",
            _free_table="table_is_free",
            _leave="frame_serves_no_more",
            calls="_free_table",
        ),
        "its_entries_go": names("frame_of", _free_table="entries_go", calls="_free_table"),
        "same_map": names("above_pages", _leave="map_has_no_entry"),
        "bytes_outside_closed": names("frame_of", _free_table="bytes_outside_table", calls="_free_table"),
        "close_cost": names(_free_table="free_table_cost", _leave="leave_cost"),
    },
    "_clear_leaf": {
        "reserved_left_alone": names("bytes_outside_tables owned"),
        "maps_nothing": names(_close="table_goes", _leave="frame_serves_no_more"),
        "clear_cost": names(_close="close_cost", _leave="leave_cost"),
    },
    "_unmap_page": {
        "calls._give_back": names("frame_of range", _clear_leaf="frame_leaves tells_entry"),
        "unmap_page_cost": names(_clear_leaf="clear_cost", _give_back="free_table_cost"),
    },
    "unmap": {
        "unmap_cost": names(
            _find="at_most_four_loads",
            find_mapped="cost",
            is_canonical_range="tells_canonical",
            unmap_pages="cost where",
        ),
        "find_mapped.where": names("where", find_mapped="where"),
        "machine_width": names(find_mapped="where", is_canonical_range="tells_canonical", unmap_pages="where"),
        "unmap_pages.where": names("where", unmap_pages="where"),
        "unmap_pages.cost": names("cost", _unmap_page="unmap_page_cost", find_mapped="cost where", unmap_pages="cost"),
        "calls._unmap_page": names(
            "machine_width own_root",
            find_mapped="all_mapped",
            is_canonical_range="tells_canonical",
            unmap_pages="cleared where",
        ),
        "unmap_pages.cleared": names(
            "cleared where",
            _unmap_page="page_has_none",
            is_canonical_range="tells_canonical",
            unmap_pages="cleared where",
        ),
        "unmap_pages.only_freed": names(
            "only_freed", _unmap_page="frees_its_own maps_nothing", unmap_pages="only_freed"
        ),
        "all_cleared": names(unmap_pages="cleared where"),
        "empty_tables_back": names(unmap_pages="no_table_empty"),
    },
    "_drop": {
        "safety": names("of_this_space tables_in_place"),
        "calls._give_back": names("frame_of frame_of_page owned page_there range", _leave="frame_serves_no_more"),
        "page_goes_back": names(
            "frame_of_page owned page_there",
            _give_back="frame_goes_back",
            _leave="frame_serves_no_more",
            calls="_give_back",
        ),
        "tables_stay": names("frame_of_page page_there", _leave="frame_serves_no_more"),
        "used_but_above": names("frame_at owned", _leave="used_unless_emptied"),
        "drop_cost": names(_give_back="free_table_cost", _leave="leave_cost"),
    },
    "_drain_table": {
        "machine_width": names(drain_table="named where"),
        "drain_table.used": names("frame_at none_is_empty owned"),
        "drain_table.terminates": (),
        "drain_table.where": names("where", drain_table="where"),
        "drain_table.back": names("back", _drop="page_goes_back", drain_table="back"),
        "drain_table.higher": names("higher owned", _drop="page_goes_back tables_stay", drain_table="higher"),
        "drain_table.cost": names("cost", _drop="drop_cost", drain_table="cost"),
        "drain_cost": names(drain_table="cost where"),
    },
    "_drain_directory": {
        "machine_width": names(drain_directory="named where"),
        "drain_directory.used": names("frame_at none_is_empty owned", _close="used_unless_emptied"),
        "drain_directory.terminates": (),
        "drain_directory.where": names("where", drain_directory="where"),
        "drain_directory.back": names(
            "alive back kept leads_down owned rooted",
            _close="table_goes",
            _drain_table="all_below_back drained higher_stay",
            calls="_close _drain_table",
            drain_directory="back kept",
            entry_below="place",
        ),
        "drain_directory.higher": names(
            "back higher kept leads_down",
            _close="table_goes",
            _drain_table="drained higher_stay",
            calls="_close _drain_table",
            drain_directory="back higher kept",
            entry_below="place",
        ),
        "drain_directory.cost": names("cost", _close="close_cost", _drain_table="drain_cost", drain_directory="cost"),
        "drain_cost": names(drain_directory="cost where"),
    },
    "_drain_top": {
        "machine_width": names(drain_top="named where"),
        "drain_top.used": names("frame_at none_is_empty owned", _close="used_unless_emptied"),
        "drain_top.terminates": (),
        "drain_top.where": names("where", drain_top="where"),
        "drain_top.back": names(
            "back kept leads_down owned safety tables_apart",
            _close="table_goes",
            _drain_directory="all_below_back drained higher_stay",
            calls="_close _drain_directory",
            drain_top="back kept",
            entry_below="place",
        ),
        "drain_top.higher": names(
            "alive back drainable higher kept leads_down rooted safety tables_apart",
            _close="table_goes",
            _drain_directory="all_below_back drained higher_stay",
            calls="_close _drain_directory",
            drain_top="back higher kept",
            entry_below="place",
        ),
        "drain_top.cost": names("cost", _close="close_cost", _drain_directory="drain_cost", drain_top="cost"),
        "drain_cost": names(drain_top="cost where"),
    },
    "destroy": {
        "drain_root.kept": names("kept own_root rooted", drain_root="kept"),
        "drain_root.used": names("no_empty_table own_root", _close="used_unless_emptied"),
        "drain_root.terminates": (),
        "machine_width": names("own_root rooted", drain_root="kept named where"),
        "calls._drain_top": names("own_root present", drain_root="kept", entry_below="place"),
        "drain_root.where": names("where", drain_root="where"),
        "drain_root.back": names(
            "back kept leads_down owned rooted safety tables_apart",
            _close="table_goes",
            _drain_top="all_below_back drained",
            calls="_close _drain_top",
            drain_root="back kept",
            entry_below="place",
        ),
        "drain_root.higher": names("kept rooted", drain_root="kept"),
        "drain_root.cost": names("cost", _close="close_cost", _drain_top="drain_cost", drain_root="cost"),
        "destroy_cost": names(_free_table="free_table_cost", drain_root="cost where"),
    },
}
"""Operation -> theorem -> what it follows from."""


def founded(operation: Operation) -> Operation:
    """The operation, with what is said here of its theorems."""
    return replace(operation, needs={**NEEDS.get(operation.name, {}), **operation.needs})
