"""Physical RAM: words, bytes, and nothing beyond its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impl.errors import BusError, NotMapped
from impl.layout import Struct, u64
from impl.ram import LOG_LENGTH, PhysicalMemory

SIZE = 8192
WIDTHS = st.sampled_from([1, 2, 4, 8])


class Word(Struct, size=8):
    value = u64()


@pytest.mark.parametrize("size", [0, -4096, 1, 4095, 4097])
def test_size_must_be_a_positive_multiple_of_a_page(size):
    with pytest.raises(ValueError):
        PhysicalMemory(size)


@pytest.mark.parametrize("size", [2**52 + 4096, 2**63, 2**64])
def test_there_is_no_more_ram_than_52_bits_address(size):
    with pytest.raises(ValueError, match="more than can be addressed, 4503599627370496"):
        PhysicalMemory(size)


def test_sixteen_gigabytes_cost_nothing_until_touched():
    """RAM is memory of the host that exists when it is touched (MEM-1)."""
    ram = PhysicalMemory(16 << 30)
    ram.store((16 << 30) - 8, 8, 42)
    assert ram.load((16 << 30) - 8, 8) == 42
    assert ram.load(8 << 30, 8) == 0


@given(
    writes=st.lists(st.tuples(st.integers(0, 63), WIDTHS, st.integers(0, 2**64 - 1)), max_size=20),
    reads=st.lists(st.tuples(st.integers(0, 63), WIDTHS), max_size=10),
)
def test_words_behave_like_a_little_endian_byte_array(writes, reads):
    """Every width at every address (MEM-6)."""
    ram, bytes_ = PhysicalMemory(SIZE), bytearray(SIZE)
    for address, width, value in writes:
        value %= 256**width
        ram.store(address, width, value)
        bytes_[address : address + width] = value.to_bytes(width, "little")
    assert ram.load_bytes(0, SIZE) == bytes_
    for address, width in reads:
        assert ram.load(address, width) == int.from_bytes(bytes_[address : address + width], "little")


@pytest.mark.parametrize("address", [SIZE - 7, SIZE, 2**64 - 8, -8, -1])
def test_access_outside_is_a_bus_error_and_changes_nothing(address):
    ram = PhysicalMemory(SIZE)
    for access in (
        lambda: ram.load(address, 8),
        lambda: ram.store(address, 8, 1),
        lambda: ram.load_bytes(address, 8),
        lambda: ram.store_bytes(address, b"12345678"),
        lambda: ram.fill(address, 8, 1),
        lambda: ram.copy(address, 0, 8),
        lambda: ram.copy(0, address, 8),
        lambda: Word(ram, address).value,
        lambda: setattr(Word(ram, address), "value", 1),
        lambda: ram.vandalise(address, b"12345678"),
    ):
        with pytest.raises(BusError):
            access()
    assert ram.load_bytes(0, SIZE) == bytes(SIZE)


@pytest.mark.parametrize("width", [0, 3, 16])
def test_width_must_be_one_that_the_machine_has(width):
    ram = PhysicalMemory(SIZE)
    with pytest.raises(ValueError):
        ram.load(0, width)
    with pytest.raises(ValueError):
        ram.store(0, width, 0)


@given(address=st.integers(0, 4000), size=st.integers(0, 4000), byte=st.integers(0, 255))
def test_fill_sets_exactly_its_range(address, size, byte):
    """What memset stands on (BLK-9)."""
    ram = PhysicalMemory(SIZE)
    ram.store_bytes(0, bytes([0x5A]) * SIZE)
    ram.fill(address, size, byte)
    rest = SIZE - address - size
    assert ram.load_bytes(0, SIZE) == b"\x5a" * address + bytes([byte]) * size + b"\x5a" * rest


def test_fill_of_more_than_one_chunk_is_complete():
    ram = PhysicalMemory(4 << 20)
    ram.fill(5, (3 << 20) + 1, 0xEE)
    assert ram.load_bytes(0, 4 << 20).count(0xEE) == (3 << 20) + 1
    assert ram.load(4, 1) == 0 and ram.load(5 + (3 << 20) + 1, 1) == 0


def test_copy_moves_the_bytes():
    ram = PhysicalMemory(SIZE)
    ram.store_bytes(100, b"dry stone")
    ram.copy(5000, 100, 9)
    assert ram.load_bytes(5000, 9) == b"dry stone"


def test_ram_has_no_pages_to_map():
    ram = PhysicalMemory(SIZE)
    assert ram.map(0, 1) is False
    with pytest.raises(NotMapped):
        ram.unmap(0, 1)


def test_log_keeps_the_newest_messages():
    ram = PhysicalMemory(SIZE)
    for number in range(LOG_LENGTH + 5):
        ram.log("event {}", number)
    assert len(ram.messages) == LOG_LENGTH
    assert ram.messages[-1] == ("event {}", (LOG_LENGTH + 4,))


def test_ghost_operations_change_nothing_on_an_ordinary_memory():
    ram = PhysicalMemory(SIZE)
    Word.claim(ram, 0).release()
    ram.claim_array(Word, 0, 4)
    ram.release_array(Word, 0, 4)
    ram.release_range(Word, 0, 32)
    assert ram.load_bytes(0, SIZE) == bytes(SIZE)
