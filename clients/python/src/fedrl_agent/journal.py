"""The journal of an agent: what it keeps, as records that are appended and flushed to disk; it survives `kill -9`.

One process at a time has the folder in which journals lie.

A record is MessagePack after its length and its CRC-32 (u32, little-endian). What follows the last whole record is cut off.
"""

import contextlib
import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgpack

from fedrl_agent.errors import InputError
from fedrl_agent.kept import Kept, Offer, Run

_HEAD = struct.Struct("<II")

_LOCK = "python.lock"

_LEAST = 1 << 20
"""Bytes that a journal may have beyond four times those of its last shortening, before it is made shorter."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Make a folder and have it alone, until the end of the block or of the process.

    Raises InputError where it cannot be, or another process has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("wb")
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"{folder}: another process is writing here; wait for it or stop it") from error
        yield folder


class Journal:
    """The journal of one agent in one experiment, and what it says is kept; in a folder that is `held`."""

    def __init__(self, path: Path) -> None:
        """Read or begin a journal. Raises InputError where it cannot be."""
        self._path = path
        self._pending: list[bytes] = []
        self._size = self._shortest = 0
        self.kept: Kept | None = None
        self.experience: list[Any] = []
        """What was recorded of the experience of the run under way, oldest first."""
        try:
            self._file: BinaryIO = path.open("a+b")
            _sync_folder(path.parent)
            self._read()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error

    def _read(self) -> None:
        self._file.seek(0)
        data = self._file.read()
        records, whole = _whole_records(data)
        if whole < len(data):
            self._file.truncate(whole)
        self._size = whole
        for record in records:
            self._apply(record)

    def begin(self, run: Run) -> Kept:
        """Begin a run: nothing of the one before is kept."""
        self.kept, self.experience = Kept(run), []
        return self.kept

    def note(self, run: Run, what: str, ordinal: int) -> None:
        """Note that an Update is `durable` or `dropped`; to know it late does no harm, so it goes to disk with the next offer."""
        record = {"type": what, "run": run, "ordinal": ordinal}
        self._apply(record)
        self._pending.append(_framed(record))

    def keep(self, run: Run, offer: Offer, experience: Any) -> None:
        """Keep an offer and the experience behind it; both are on disk when it returns. Raises OSError."""
        record = {"type": "offer", "run": run, **_plain(offer), "experience": experience}
        data = b"".join([*self._pending, _framed(record)])
        self._pending = []
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._size += len(data)
        self._apply({**record, "experience": None})

    @property
    def is_long(self) -> bool:
        """Whether it should be shortened."""
        return self._size > _LEAST + 4 * self._shortest

    def shorten(self, experience: Any) -> None:
        """Put what is kept in place of all records, in one step; `experience` is all that is remembered. Raises OSError."""
        self._replace([] if self.kept is None else [_framed(_whole(self.kept, experience))])

    def clear(self) -> None:
        """Forget everything: all runs are over. Raises OSError."""
        self.kept, self.experience = None, []
        self._replace([])

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _replace(self, records: list[bytes]) -> None:
        aside = self._path.with_suffix(".tmp")
        with aside.open("wb") as file:
            file.write(b"".join(records))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path)
        _sync_folder(self._path.parent)
        self._file.close()
        self._file = self._path.open("a+b")
        self._pending = []
        self._size = self._shortest = sum(len(record) for record in records)

    def _apply(self, record: dict[str, Any]) -> None:
        run: Run = (record["run"][0], record["run"][1])
        known = self.kept if self.kept is not None and self.kept.run == run else None
        match record["type"]:
            case "kept":
                offers = tuple(_offer(offer) for offer in record["offers"])
                self.kept = Kept(run, record["base"], record["state"], offers)
                self.experience = [] if record["experience"] is None else [record["experience"]]
            case "offer":
                self.kept = (known or self.begin(run)).offered(_offer(record))
                if record["experience"] is not None:
                    self.experience.append(record["experience"])
            case "durable" if known is not None:
                self.kept = known.durable(record["ordinal"])
            case "dropped" if known is not None:
                self.kept = known.dropped(record["ordinal"])


class Journals:
    """The journals of one agent, by experiment; in a folder that is `held`."""

    def __init__(self, folder: Path) -> None:
        """Open none yet."""
        self._folder = folder
        self._opened: dict[str, Journal] = {}

    def of(self, run: str) -> Journal:
        """Give the journal for the experiment with this identity. Raises InputError where it cannot be."""
        if run not in self._opened:
            self._opened[run] = Journal(self._folder / f"{run[:16]}.python-journal")
        return self._opened[run]

    def clear(self) -> None:
        """Forget everything: all runs are over. Raises OSError."""
        for journal in self._opened.values():
            journal.clear()

    def close(self) -> None:
        """Write no more."""
        for journal in self._opened.values():
            journal.close()


def _plain(offer: Offer) -> dict[str, Any]:
    return {"ordinal": offer.ordinal, "state": offer.state, "frame": offer.frame}


def _offer(record: dict[str, Any]) -> Offer:
    return Offer(record["ordinal"], record["state"], record["frame"])


def _whole(kept: Kept, experience: Any) -> dict[str, Any]:
    offers = [_plain(offer) for offer in kept.offers]
    return {
        "type": "kept",
        "run": kept.run,
        "base": kept.base,
        "state": kept.state,
        "offers": offers,
        "experience": experience,
    }


def _framed(record: dict[str, Any]) -> bytes:
    data: bytes = msgpack.packb(record)
    return _HEAD.pack(len(data), zlib.crc32(data)) + data


def _whole_records(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """Give every record that is whole, and the bytes up to the end of the last."""
    records: list[dict[str, Any]] = []
    at = 0
    while at + _HEAD.size <= len(data):
        length, check = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body) != check:
            break
        records.append(msgpack.unpackb(body))
        at += _HEAD.size + length
    return records, at


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
