"""The messages of a session and their ranges. The set of fields is closed: what is not here is neither written nor read."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from fedrl_agent.errors import MalformedError
from fedrl_agent.frame import Tensor, decode_frame, encode_frame

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_AGENTS = 2**32 - 1
_LONGEST_REASON = 500

ACK_STATUSES = ("received", "durable", "duplicate", "late", "refused")
CONTROL_ACTIONS = ("pause", "resume", "next-run", "finished", "stop", "leave", "behind")
FAILURE_CODES = {
    "version": False,
    "malformed": False,
    "too-large": False,
    "unexpected": False,
    "timeout": True,
    "unauthorized": False,
    "revoked": False,
    "name-taken": True,
    "replaced": False,
    "full": True,
    "mismatch": False,
    "rate": True,
    "stopping": True,
    "internal": True,
}
"""Every code, and whether one connects again after it."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What is expected of a field: in words, as a test, and whether it is a tensor that may be missing."""

    expected: str
    holds: Callable[[Any], bool]
    tensor: str = ""
    optional: bool = False


def _integer(least: int, most: int) -> Spec:
    return Spec(f"an integer in [{least}, {most}]", lambda value: type(value) is int and least <= value <= most)


def _text(expected: str, holds: Callable[[str], bool]) -> Spec:
    return Spec(expected, lambda value: isinstance(value, str) and holds(value))


def _pattern(expected: str, pattern: str) -> Spec:
    return _text(expected, lambda value: re.fullmatch(pattern, value) is not None)


def _line(least: int, most: int) -> Spec:
    return _text(
        f"{least} to {most} characters without control characters",
        lambda value: least <= len(value) <= most and all(unicodedata.category(c) != "Cc" for c in value),
    )


def _choice(words: tuple[str, ...]) -> Spec:
    return _text(f"one of {', '.join(words)}", lambda value: value in words)


def _bytes(length: int | None = None, optional: bool = False) -> Spec:
    expected = "bytes" if length is None else f"{length} bytes"
    return Spec(expected, lambda value: length is None or len(value) == length, "u8", optional)


def _is_ascending(value: npt.NDArray[np.uint32]) -> bool:
    return bool(np.all(value[1:] > value[:-1])) and (len(value) == 0 or int(value[-1]) < _MOST_AGENTS)


def _list(expected: str, holds: Callable[[Any], bool], optional: bool) -> Spec:
    return Spec(expected, holds, "u32", optional)


_VERSION = _integer(1, 65535)
_AGENT_NAME = _pattern("1 to 64 letters, digits, - and _", _NAME.pattern)
_SESSION = _pattern("32 hexadecimal digits", "[0-9a-f]{32}")
_RUN = {"variant": _integer(0, 65535), "seed": _integer(0, 2**53 - 1)}
_POSITION = {**_RUN, "round": _integer(0, 2**32 - 1), "phase": _integer(0, 15)}
_AGENTS = "ascending indices of agents"


class Message:
    """A message: its kind, and what is expected of each of its fields, in the order in which they are written."""

    KIND: ClassVar[str]
    SPECS: ClassVar[dict[str, Spec]]

    def encode(self) -> bytes:
        """Write the message as a frame. Raises ValueError where a field is out of range."""
        values: dict[str, int | str] = {"kind": self.KIND}
        tensors: dict[str, Tensor] = {}
        for name, spec in self.SPECS.items():
            value = getattr(self, name)
            if value is None and spec.optional:
                continue
            if not spec.holds(value):
                raise ValueError(f"{self.KIND}.{name}: expected {spec.expected}, got {_shown(value)}")
            if spec.tensor == "u8":
                tensors[name] = np.frombuffer(value, np.uint8)
            elif spec.tensor == "u32":
                tensors[name] = value
            else:
                values[name] = value
        return encode_frame(values, tensors)

    @classmethod
    def read(cls, values: dict[str, int | str], tensors: dict[str, Tensor]) -> Self:
        """Hold what a frame carries against the fields of this message. Raises MalformedError."""
        for name in [*values, *tensors]:
            if name not in cls.SPECS or (name in tensors) != bool(cls.SPECS[name].tensor):
                raise MalformedError(f"{cls.KIND}.{name}: unknown field")
        return cls(**{name: _value(cls.KIND, name, spec, values, tensors) for name, spec in cls.SPECS.items()})


def _value(
    kind: str, name: str, spec: Spec, values: dict[str, int | str], tensors: dict[str, Tensor]
) -> int | str | bytes | Tensor | None:
    if not spec.tensor:
        value: Any = values.get(name)
    elif name not in tensors and spec.optional:
        return None
    else:
        value = tensors.get(name)
        wanted = np.uint8 if spec.tensor == "u8" else np.uint32
        if value is None or value.dtype != wanted:
            raise MalformedError(f"{kind}.{name}: expected {spec.expected}, got none")
        value = value.tobytes() if spec.tensor == "u8" else value
    if not spec.holds(value):
        raise MalformedError(f"{kind}.{name}: expected {spec.expected}, got {_shown(value)}")
    return value  # type: ignore[no-any-return]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value[:80])
    if isinstance(value, bytes | np.ndarray):
        return f"{len(value)} elements"
    return "none" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Hello(Message):
    """An agent asks to take part."""

    KIND: ClassVar[str] = "hello"
    SPECS: ClassVar[dict[str, Spec]] = {
        "lowest": _VERSION,
        "highest": _VERSION,
        "name": _AGENT_NAME,
        "client": _line(0, 128),
        "experiment": _integer(0, 1),
    }
    lowest: int
    highest: int
    name: str
    client: str
    experiment: int


@dataclass(frozen=True, slots=True)
class Challenge(Message):
    """The server asks for a proof of who the agent is."""

    KIND: ClassVar[str] = "challenge"
    SPECS: ClassVar[dict[str, Spec]] = {
        "version": _VERSION,
        "session": _SESSION,
        "name": _AGENT_NAME,
        "server": _line(1, 255),
        "nonce": _bytes(32),
    }
    version: int
    session: str
    name: str
    server: str
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Proof(Message):
    """The answer to a Challenge."""

    KIND: ClassVar[str] = "proof"
    SPECS: ClassVar[dict[str, Spec]] = {"session": _SESSION, "name": _AGENT_NAME, "signature": _bytes(64)}
    session: str
    name: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Welcome(Message):
    """The agent is taken in."""

    KIND: ClassVar[str] = "welcome"
    SPECS: ClassVar[dict[str, Spec]] = {
        "version": _VERSION,
        "session": _SESSION,
        "name": _AGENT_NAME,
        "agent": _integer(0, _MOST_AGENTS - 1),
        "agents": _integer(1, _MOST_AGENTS),
        "run": _pattern("64 hexadecimal digits", "[0-9a-f]{64}"),
        **_POSITION,
        "maxBytes": _integer(1024, 2**32 - 1),
        "idleSeconds": _integer(1, 86400),
        "experiment": _bytes(optional=True),
    }
    version: int
    session: str
    name: str
    agent: int
    agents: int
    run: str
    variant: int
    seed: int
    round: int
    phase: int
    maxBytes: int  # noqa: N815
    idleSeconds: int  # noqa: N815
    experiment: bytes | None


@dataclass(frozen=True, slots=True)
class Task(Message):
    """What the server asks agents to work on."""

    KIND: ClassVar[str] = "task"
    SPECS: ClassVar[dict[str, Spec]] = {
        **_POSITION,
        "ahead": _integer(0, 15),
        "agents": _list(_AGENTS, _is_ascending, True),
        "after": _list("a list of integers", lambda _: True, True),
        "frame": _bytes(),
    }
    variant: int
    seed: int
    round: int
    phase: int
    ahead: int
    agents: npt.NDArray[np.uint32] | None
    after: npt.NDArray[np.uint32] | None
    frame: bytes


@dataclass(frozen=True, slots=True)
class Update(Message):
    """What an agent answers a Task with."""

    KIND: ClassVar[str] = "update"
    SPECS: ClassVar[dict[str, Spec]] = {
        **_POSITION,
        "agent": _integer(0, _MOST_AGENTS - 1),
        "frame": _bytes(),
    }
    variant: int
    seed: int
    round: int
    phase: int
    agent: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """What became of Updates."""

    KIND: ClassVar[str] = "ack"
    SPECS: ClassVar[dict[str, Spec]] = {
        **_POSITION,
        "status": _choice(ACK_STATUSES),
        "reason": _line(0, _LONGEST_REASON),
        "agents": _list(_AGENTS, _is_ascending, False),
    }
    variant: int
    seed: int
    round: int
    phase: int
    status: str
    reason: str
    agents: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Control(Message):
    """What happens to the run, or the departure of an agent."""

    KIND: ClassVar[str] = "control"
    SPECS: ClassVar[dict[str, Spec]] = {
        "action": _choice(CONTROL_ACTIONS),
        **_RUN,
        "agents": _list(_AGENTS, _is_ascending, True),
    }
    action: str
    variant: int
    seed: int
    agents: npt.NDArray[np.uint32] | None


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """Why a session or a connection ends."""

    KIND: ClassVar[str] = "failure"
    SPECS: ClassVar[dict[str, Spec]] = {
        "code": _choice(tuple(FAILURE_CODES)),
        "reason": _line(0, _LONGEST_REASON),
        "name": _pattern("at most 64 letters, digits, - and _", "[A-Za-z0-9_-]{0,64}"),
    }
    code: str
    reason: str
    name: str


KINDS: dict[str, type[Message]] = {
    kind.KIND: kind for kind in (Hello, Challenge, Proof, Welcome, Task, Update, Ack, Control, Failure)
}


def decode_message(data: bytes) -> Message:
    """Read a message. Raises MalformedError where it is none, carries anything else, or is out of range."""
    frame = decode_frame(data)
    values = dict(frame.fields)
    kind = values.pop("kind", None)
    if kind not in KINDS:
        raise MalformedError(f"expected a kind among {', '.join(KINDS)}, got {_shown(kind)}")
    message = KINDS[str(kind)].read(values, dict(frame.tensors))
    _check_whole(message)
    return message


def _check_whole(message: Message) -> None:
    """Check what must hold between fields that are right one by one."""
    match message:
        case Hello(lowest=lowest, highest=highest) if lowest > highest:
            raise MalformedError(f"hello.highest: expected at least {lowest}, got {highest}")
        case Welcome(agent=agent, agents=agents) if agent >= agents:
            raise MalformedError(f"welcome.agent: expected an agent below {agents}, got {agent}")
        case Task(agents=agents, after=after) if after is not None and (agents is None or len(agents) != len(after)):
            raise MalformedError("task.after: expected one for each of the agents")


def reason_of(text: str) -> str:
    """Cut a text to what a Failure may carry: one line of at most 500 characters."""
    plain = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return plain[:_LONGEST_REASON]


def is_agent_name(name: str) -> bool:
    """Tell whether an agent may have this name."""
    return _NAME.fullmatch(name) is not None
