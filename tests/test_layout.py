"""Structs lie where the documents say, and a disagreement is noticed at import."""

import copy
import pickle

import pytest

from impl.layout import Field, Struct, flag, pointer, u8, u16, u32, u64
from impl.ram import PhysicalMemory


class Sample(Struct, size=40, offsets={"tag": 0, "half": 2, "word": 4, "used": 8, "long": 16, "link": 24}):
    tag = u8()
    half = u16()
    word = u32()
    used = flag()
    long = u64()
    link = pointer()


@pytest.fixture
def view():
    return Sample(PhysicalMemory(4096), 64)


def test_natural_alignment_puts_padding_between_fields():
    assert [(field.name, field.offset, field.width) for field in Sample.FIELDS] == [
        ("tag", 0, 1),
        ("half", 2, 2),
        ("word", 4, 4),
        ("used", 8, 1),
        ("long", 16, 8),
        ("link", 24, 8),
    ]


def test_documented_offset_that_disagrees_is_refused():
    with pytest.raises(TypeError, match="lies at 8, documented at 4"):
        type("Wrong", (Struct,), {"a": u32(), "b": u64()}, size=16, offsets={"b": 4})


def test_documented_field_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="lies at None"):
        type("Wrong", (Struct,), {"a": u32()}, size=4, offsets={"b": 0})


def test_struct_larger_than_documented_is_refused():
    with pytest.raises(TypeError, match="needs 16 bytes"):
        type("Wrong", (Struct,), {"a": u32(), "b": u64()}, size=12)


def test_fields_are_little_endian_in_ram(view):
    view.word = 0x11223344
    view.half = 0xAABB
    assert view.memory.load_bytes(64, 8) == bytes([0, 0, 0xBB, 0xAA, 0x44, 0x33, 0x22, 0x11])


def test_every_field_keeps_its_largest_value_and_touches_no_other(view):
    for field in Sample.FIELDS:
        before = {other.name: getattr(view, other.name) for other in Sample.FIELDS if other is not field}
        largest = True if field.kind == "flag" else 256**field.width - 1
        setattr(view, field.name, largest)
        assert getattr(view, field.name) == largest
        assert before == {name: getattr(view, name) for name in before}


@pytest.mark.parametrize("address", [64, 65, 67])
@pytest.mark.parametrize("field", [f for f in Sample.FIELDS if f.kind == "word"], ids=repr)
@pytest.mark.parametrize("beyond", [-1, 0])
def test_value_that_does_not_fit_is_refused_and_changes_nothing(address, field, beyond):
    memory = PhysicalMemory(4096)
    value = -1 if beyond else 256**field.width
    with pytest.raises(ValueError):
        memory.write(field, address, value)
    assert memory.load_bytes(0, 4096) == bytes(4096)


@pytest.mark.parametrize("address", [64, 65])
def test_flag_is_stored_as_one_and_read_as_not_zero(address):
    view = Sample(PhysicalMemory(4096), address)
    view.used = True
    assert view.memory.load(address + 8, 1) == 1
    view.memory.store(address + 8, 1, 7)
    assert view.used is True
    view.used = False
    assert view.used is False


def test_unaligned_struct_reads_and_writes_the_same_bytes():
    view = Sample(PhysicalMemory(4096), 67)
    view.long = 0x0123456789ABCDEF
    assert view.long == view.memory.load(83, 8) == 0x0123456789ABCDEF


def test_field_of_the_class_describes_itself():
    assert isinstance(Sample.word, Field)
    assert repr(Sample.word) == "Sample.word"
    assert repr(Sample(PhysicalMemory(4096), 0x40)) == "Sample(0x40)"
    assert Sample.long.struct is Sample


def test_fields_can_be_copied_and_sent_to_another_process():
    assert copy.copy(Sample.word).offset == 4
    assert pickle.loads(pickle.dumps(Sample.word)).offset == 4
