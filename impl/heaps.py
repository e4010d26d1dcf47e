"""Every heap, and what lies below, with the headers that they keep in memory: what can be put on one machine."""

from impl.bin_heap import BinHeap
from impl.bin_layout import BitmapWord, BlockHeader, ListEntry
from impl.block_heap import BlockHeap, HeapTable, TableEntry
from impl.bucket_heap import BucketHeap
from impl.bucket_heap_layout import Extent, FreeLink, Links, LiveBits, Page
from impl.frame_allocator import FrameAllocator, FrameRecord, FreeList
from impl.page_tables import Entry
from impl.segment_heap import Segment, SegmentHeap

__all__ = [
    "BinHeap",
    "BitmapWord",
    "BlockHeader",
    "BlockHeap",
    "BucketHeap",
    "Entry",
    "Extent",
    "FrameAllocator",
    "FrameRecord",
    "FreeLink",
    "FreeList",
    "HeapTable",
    "Links",
    "ListEntry",
    "LiveBits",
    "Page",
    "Segment",
    "SegmentHeap",
    "TableEntry",
]
