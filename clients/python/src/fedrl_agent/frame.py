"""The frame that every message travels in: a MessagePack header, then tensors that start at multiples of 8.

Tensors are read where they lie, without a copy. What the frames mean is left to `messages` and `q_messages`.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from fedrl_agent.errors import MalformedError

_TYPES: dict[str, np.dtype[Any]] = {
    "f64": np.dtype("<f8"),
    "u32": np.dtype("<u4"),
    "u8": np.dtype("u1"),
}

Tensor = npt.NDArray[Any]
"""The elements of a tensor: float64, uint32 or uint8, one axis."""

_MAGIC = b"FRDL"
_PREFIX = 8
_LONGEST_HEADER = 16384
_MOST_FIELDS = 32
_MOST_TENSORS = 16
_LONGEST_STRING = 4096
_LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A message before it means anything: integer and string fields, and tensors, both in the order of the bytes."""

    fields: Mapping[str, int | str]
    tensors: Mapping[str, Tensor]


def _padding(length: int) -> int:
    return -length % 8


def _type_of(data: Tensor) -> str:
    for name, dtype in _TYPES.items():
        if data.dtype == dtype:
            return name
    raise TypeError(f"frame: expected float64, uint32 or uint8, got {data.dtype}")


def encode_frame(fields: Mapping[str, int | str], tensors: Mapping[str, Tensor]) -> bytes:
    """Write a frame, fields and tensors in the order given. Raises TypeError for a tensor of another type."""
    listed = [[name, _type_of(data), len(data)] for name, data in tensors.items()]
    header: bytes = msgpack.packb({**fields, "tensors": listed})
    parts = [_MAGIC, struct.pack("<I", len(header)), header, bytes(_padding(_PREFIX + len(header)))]
    for data in tensors.values():
        parts += [data.tobytes(), bytes(_padding(data.nbytes))]
    return b"".join(parts)


def decode_frame(data: bytes) -> Frame:
    """Read a frame; tensors share its memory. Raises MalformedError."""
    if len(data) < _PREFIX or data[:4] != _MAGIC:
        raise MalformedError("expected a frame that starts with its magic number")
    (length,) = struct.unpack_from("<I", data, 4)
    if length > _LONGEST_HEADER or length > len(data) - _PREFIX:
        raise MalformedError(
            f"expected a header of at most {min(_LONGEST_HEADER, len(data) - _PREFIX)} bytes, got {length}"
        )
    header = _header(data[_PREFIX : _PREFIX + length])
    body = _PREFIX + length + _padding(_PREFIX + length)
    return Frame(_fields(header), _tensors(header["tensors"], data, body))


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_str_len=_LONGEST_STRING,
            max_map_len=_MOST_FIELDS,
            max_array_len=_MOST_TENSORS,
            max_bin_len=0,
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException) as error:
        raise MalformedError(f"expected a MessagePack header: {error or type(error).__name__}") from error
    if not isinstance(header, dict) or not isinstance(header.get("tensors"), list):
        raise MalformedError("expected a header with a list of tensors")
    return header


def _is_integer(value: object) -> bool:
    return type(value) is int and abs(value) <= _LARGEST_INTEGER


def _fields(header: dict[str, Any]) -> dict[str, int | str]:
    fields = {name: value for name, value in header.items() if name != "tensors"}
    for name, value in fields.items():
        if not isinstance(name, str) or not (isinstance(value, str) or _is_integer(value)):
            raise MalformedError("expected header fields to be integers or strings")
    return fields


def _tensors(listed: list[Any], data: bytes, body: int) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    at = body
    for entry in listed:
        name, dtype, length = _entry(entry)
        if name in tensors:
            raise MalformedError(f"expected one tensor of the name {name}")
        size = length * dtype.itemsize
        if at + size + _padding(size) > len(data):
            raise MalformedError(f"expected {length} elements of tensor {name}, but the frame ends")
        tensors[name] = np.frombuffer(data, dtype, length, at)
        at += size + _padding(size)
    if at != len(data):
        raise MalformedError(f"expected a frame of {at} bytes, got {len(data)}")
    return tensors


def _entry(entry: object) -> tuple[str, np.dtype[Any], int]:
    match entry:
        case [str(name), str(kind), int(length)] if kind in _TYPES and _is_integer(length) and length >= 0:
            return name, _TYPES[kind], length
    raise MalformedError('expected each tensor as [name, "f64", "u32" or "u8", length]')
