"""Frames: what is written is read back, and no bytes do harm."""

import math
import random

import msgpack
import numpy as np
import pytest
from agreed import contract
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors import vectors

from fedrl_agent.errors import MalformedError
from fedrl_agent.frame import decode_frame, encode_frame
from fedrl_agent.learner import decode_task
from fedrl_agent.messages import FAILURE_CODES, KINDS, Failure, decode_message, reason_of

FRAMES = [bytes.fromhex(frame["hex"]) for frame in vectors["frames"]]

names = st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda name: name != "tensors")
fields = st.dictionaries(
    names, st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"), max_size=300), max_size=31
)
tensors = st.dictionaries(
    names,
    st.one_of(
        st.lists(st.floats(), max_size=9).map(lambda values: np.array(values, np.float64)),
        st.lists(st.integers(0, 2**32 - 1), max_size=9).map(lambda values: np.array(values, np.uint32)),
        st.binary(max_size=9).map(lambda values: np.frombuffer(values, np.uint8)),
    ),
    max_size=16,
)


@given(fields, tensors)
def test_what_is_written_is_read_back(fields, tensors):
    data = encode_frame(fields, tensors)
    assert len(data) % 8 == 0
    read = decode_frame(data)
    assert read.fields == fields
    assert list(read.tensors) == list(tensors)
    assert all(one.tobytes() == read.tensors[name].tobytes() for name, one in tensors.items())
    assert encode_frame(read.fields, read.tensors) == data


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_frame_are_refused(data):
    with pytest.raises(MalformedError):
        decode_frame(b"FRDL" + data)


def test_mutated_frames_are_read_or_refused_and_nothing_else():
    chance = random.Random(1)
    agreed = contract()
    refused = 0
    for _ in range(20_000):
        data = bytearray(chance.choice(FRAMES))
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        mutated = bytes(data[: chance.randint(0, len(data))] if chance.random() < 0.2 else data)
        for read in (decode_message, lambda frame: decode_task(frame, agreed)):
            try:
                read(mutated)
            except MalformedError:
                refused += 1
    assert refused > 20_000


HEADER = {"kind": "hello", "tensors": []}


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "extra": 1.5},
        {**HEADER, "extra": True},
        {**HEADER, "extra": None},
        {**HEADER, "extra": b"x"},
        {**HEADER, "extra": [1]},
        {**HEADER, "extra": 2**60},
        {**HEADER, 1: 1},
        {**HEADER, "extra": "x" * 4097},
        {**HEADER, **{f"f{i}": i for i in range(31)}},
        {"kind": "hello"},
        {"tensors": [["a", "f32", 1]]},
        {"tensors": [["a", "f64", -1]]},
        {"tensors": [["a", "f64", 2**52]]},
        {"tensors": [["a", "u8", 0], ["a", "u8", 0]]},
        {"tensors": [["a", "u8", 0]] * 17},
        [1],
    ],
)
def test_headers_that_are_refused(header):
    packed = msgpack.packb(header)
    data = b"FRDL" + len(packed).to_bytes(4, "little") + packed
    with pytest.raises(MalformedError):
        decode_frame(data + bytes(-len(data) % 8))


def test_a_message_carries_the_fields_of_its_kind_and_no_other():
    hello = decode_frame(FRAMES[4])
    assert hello.fields["kind"] == "hello"
    for fields, tensors in (
        ({**hello.fields, "state": 3}, {}),
        ({name: value for name, value in hello.fields.items() if name != "client"}, {}),
        (hello.fields, {"states": np.zeros(3)}),
        ({**hello.fields, "name": "no name"}, {}),
        ({**hello.fields, "lowest": 2}, {}),
    ):
        with pytest.raises(MalformedError):
            decode_message(encode_frame(fields, tensors))


def test_an_agent_sends_no_field_that_could_hold_experience():
    sent = {kind: set(KINDS[kind].SPECS) for kind in ("hello", "proof", "update", "control", "failure")}
    position = {"variant", "seed", "round", "phase"}
    assert sent == {
        "hello": {"lowest", "highest", "name", "client", "experiment"},
        "proof": {"session", "name", "signature"},
        "update": position | {"agent", "frame"},
        "control": {"action", "variant", "seed", "agents"},
        "failure": {"code", "reason", "name"},
    }


def test_a_failure_carries_any_reason_cut_to_a_line():
    reason = reason_of("a\nb\x07" + "ü" * 600)
    assert len(reason) == 500
    assert all(decode_message(Failure(code, reason, "").encode()).reason == reason for code in FAILURE_CODES)


def test_a_message_out_of_range_is_not_written():
    with pytest.raises(ValueError, match=r"failure\.code: expected one of version"):
        Failure("other", "", "").encode()


@pytest.mark.parametrize(
    ("fields", "table"),
    [
        ({"steps": 0}, [0.0] * 6),
        ({"steps": 5}, [0.0] * 6),
        ({"step": -1}, [0.0] * 6),
        ({"kind": "q-update"}, [0.0] * 6),
        ({}, [0.0] * 5),
        ({}, [0.0] * 5 + [math.inf]),
    ],
)
def test_a_task_that_does_not_fit_is_refused(fields, table):
    whole = {"kind": "q-task", "round": 0, "step": 0, "steps": 4}
    assert decode_task(encode_frame(whole, {"table": np.zeros(6)}), contract()).steps == 4
    with pytest.raises(MalformedError):
        decode_task(encode_frame({**whole, **fields}, {"table": np.array(table)}), contract())
