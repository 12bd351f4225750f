"""Experience from a recorded log: CSV, replayed in order, from the start again when it ends."""

import csv
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedrl_agent.errors import MismatchError
from fedrl_agent.experiment import Contract
from fedrl_agent.learner import Step, Table

COLUMNS = ["state", "action", "reward", "next_state", "terminated"]
"""The header of a log."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_LARGEST_REWARD = 1e100

_Place = tuple[Path, int | None]
"""The log, and the line of it where there is one."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log in a file with the header `state,action,reward,next_state,terminated`."""

    path: str | Path

    def join(self, contract: Contract) -> "Replay":
        """Read the log for a run. Raises MismatchError for a step outside the experiment, and for no log at all."""
        path = Path(self.path)
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows = csv.reader(file, quoting=csv.QUOTE_NONE)
                if next(rows, None) != COLUMNS:
                    raise _fault((path, 1), "", f"expected the header {','.join(COLUMNS)}")
                steps = [_step(row, (path, line), contract) for line, row in enumerate(rows, 2)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            told = "a file that the agent needs cannot be read where it is"
            raise MismatchError(f"{path}: the log cannot be read: {reason}", told) from error
        if not steps:
            raise _fault((path, None), "", "expected at least one step after the header, got none")
        return Replay(steps)


def _step(row: list[str], where: _Place, contract: Contract) -> Step:
    if len(row) != len(COLUMNS):
        raise _fault(where, "", f"expected {len(COLUMNS)} fields, got {len(row)}")
    state, action, reward, following, terminated = row
    if terminated not in _FLAGS:
        raise _fault(where, "terminated", f"expected true, false, 1 or 0, got {terminated!r:.40}")
    return (
        _index(state, contract.states, where, "state"),
        _index(action, contract.actions, where, "action"),
        _reward(reward, contract.reward_range, where, "reward"),
        _index(following, contract.states, where, "next_state"),
        _FLAGS[terminated],
    )


def _index(text: str, bound: int, where: _Place, name: str) -> int:
    if _DIGITS.fullmatch(text) is None or len(text) > 20 or int(text) >= bound:
        raise _fault(where, name, f"expected an integer in [0, {bound}), got {text!r:.40}")
    return int(text)


def _reward(text: str, limits: tuple[float, float] | None, where: _Place, name: str) -> float:
    low, high = limits or (-_LARGEST_REWARD, _LARGEST_REWARD)
    if _NUMBER.fullmatch(text) is None or not low <= float(text) <= high:
        raise _fault(where, name, f"expected a number in [{low:g}, {high:g}], got {text!r:.40}")
    return float(text)


def _fault(where: _Place, name: str, reason: str) -> MismatchError:
    """Tell a person all, and the server the line and the column."""
    path, line = where
    place, there = (str(path), "") if line is None else (f"{path}:{line}", f" in line {line}")
    column = f": {name}" if name else ""
    return MismatchError(
        f"{place}{column}: {reason}", f"what the agent learns from does not fit the experiment{there}{column}"
    )


class Replay:
    """The steps of a log, over and over; its state is the index of the next one."""

    def __init__(self, steps: list[Step]) -> None:
        """Take at least one step."""
        self._steps = steps

    def steps(self, state: int, count: int, table: Table) -> Iterable[Step]:
        """Give the next `count` steps; a log does not look at the table."""
        if state + count <= len(self._steps):
            return self._steps[state : state + count]
        return itertools.islice(itertools.chain(self._steps[state:], itertools.cycle(self._steps)), count)

    def after(self, state: int, count: int) -> int:
        """Give the index of the step after `count` more."""
        return (state + count) % len(self._steps)

    def news(self) -> Any:
        """Give nothing: a log can be read again."""
        return None

    def restore(self, news: Any) -> None:
        """Take nothing up."""

    def whole(self) -> Any:
        """Give nothing."""
        return None

    def forget(self, state: int) -> None:
        """Forget nothing."""
