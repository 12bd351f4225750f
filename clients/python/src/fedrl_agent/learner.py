"""Q-learning between two averagings: from a Task and experience to an Update.

Numbers are those of every other agent, bit for bit: doubles, each operation rounded once, in the order of the formula.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedrl_agent.elementary import power
from fedrl_agent.errors import MalformedError, MismatchError
from fedrl_agent.experiment import Contract
from fedrl_agent.frame import decode_frame, encode_frame
from fedrl_agent.stream import INITIAL, NOBODY, stream_of

Step = tuple[int, int, float, int, bool]
"""State, action, reward, next state, and whether the step terminated, so that it bootstraps from nothing."""

Table = npt.NDArray[np.float64]
"""[S * A], the entry of state s and action a at s * A + a."""


@dataclass(frozen=True, slots=True)
class QTask:
    """What the server asks: `steps` local steps from `table`, `step` of them having been taken before."""

    round: int
    step: int
    steps: int
    table: Table


def decode_task(data: bytes, contract: Contract) -> QTask:
    """Read a Task and hold it against the contract. Raises MalformedError where it does not fit."""
    frame = decode_frame(data)
    if set(frame.fields) != {"kind", "round", "step", "steps"} or frame.fields["kind"] != "q-task":
        raise MalformedError("expected a q-task with round, step and steps")
    numbers = [frame.fields[name] for name in ("round", "step", "steps")]
    if any(not isinstance(number, int) or number < 0 for number in numbers):
        raise MalformedError("expected round, step and steps as integers from 0 on")
    round_, step, steps = (int(number) for number in numbers)
    if not 1 <= steps <= contract.sync_period:
        raise MalformedError(f"expected 1 to {contract.sync_period} steps, got {steps}")
    table = frame.tensors.get("table")
    entries = _entries(contract)
    if len(frame.tensors) != 1 or table is None or table.dtype != np.float64 or len(table) != entries:
        raise MalformedError(f"expected a table of {entries} numbers")
    if not np.isfinite(table).all():
        raise MalformedError("expected a table of finite numbers")
    return QTask(round_, step, steps, table)


def answer(contract: Contract, task: QTask, steps: Iterable[Step]) -> bytes:
    """Work on a Task with exactly `task.steps` steps of experience; give the Update as a frame."""
    alone = contract.algorithm == "q-learning"
    own = alone or (contract.initial == "perAgent" and task.round == 0)
    rows = _Rows(initial_table(contract) if own else task.table, contract.actions)
    visits = _learn_alone(contract, task, steps, rows) if alone else _learn(contract, task, steps, rows)
    tensors: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.uint32]] = {}
    if own:
        tensors["changes"] = _finite(rows.whole() - task.table)
        if contract.importance:
            tensors["visits"] = np.fromiter(
                (visits[entry] for entry in range(len(task.table))), np.uint32, len(task.table)
            )
    else:
        entries = np.fromiter(sorted(visits), np.uint32, len(visits))
        values = np.fromiter((rows.entry(int(entry)) for entry in entries), np.float64, len(entries))
        tensors["changes"] = _finite(values - task.table[entries])
        tensors["entries"] = entries
        if contract.importance:
            tensors["visits"] = np.fromiter((visits[int(entry)] for entry in entries), np.uint32, len(entries))
    return encode_frame({"kind": "q-update", "agent": contract.agent, "round": task.round}, tensors)


def _finite(changes: Table) -> Table:
    if not np.isfinite(changes).all():
        raise MismatchError("the values that were learned are beyond all numbers: the rewards are too large")
    return changes


class _Rows(dict[int, list[float]]):
    """The rows of a table as lists of floats, made when they are first asked for."""

    def __init__(self, table: Table, actions: int) -> None:
        super().__init__()
        self._table = table
        self._actions = actions

    def __missing__(self, state: int) -> list[float]:
        row: list[float] = self._table[state * self._actions : (state + 1) * self._actions].tolist()
        self[state] = row
        return row

    def entry(self, entry: int) -> float:
        return self[entry // self._actions][entry % self._actions]

    def whole(self) -> Table:
        table = self._table.copy()
        for state, row in self.items():
            table[state * self._actions : (state + 1) * self._actions] = row
        return table


def _learn(contract: Contract, task: QTask, steps: Iterable[Step], rows: _Rows) -> dict[int, int]:
    """Take the steps of a round with the step size of its start; give the visits of each entry."""
    actions, eta = contract.actions, step_size_at(contract, task.step)
    keep, discounted = 1 - eta, eta * contract.discount
    visits: dict[int, int] = defaultdict(int)
    for state, action, reward, following, terminated in steps:
        row = rows[state]
        best = 0.0 if terminated else max(rows[following])
        row[action] = (row[action] * keep + eta * reward) + discounted * best
        visits[state * actions + action] += 1
    return visits


def _learn_alone(contract: Contract, task: QTask, steps: Iterable[Step], rows: _Rows) -> dict[int, int]:
    """Take all steps of a run; the step size moves with every one. Visits are not counted."""
    for n, (state, action, reward, following, terminated) in enumerate(steps, task.step):
        eta = step_size_at(contract, n)
        row = rows[state]
        best = 0.0 if terminated else max(rows[following])
        row[action] = (row[action] * (1 - eta) + eta * reward) + (eta * contract.discount) * best
    return defaultdict(int)


def step_size_at(contract: Contract, n: int) -> float:
    """Give eta after n steps of an agent."""
    schedule = contract.step_size
    if isinstance(schedule, float):
        return schedule
    if "rescaledLinear" in schedule:
        return 1 / (1 + (1 - contract.discount) * (n + 1))
    return power(float(n + 2), -float(schedule["polynomial"]))


def initial_table(contract: Contract) -> Table:
    """Give the first table of the agent, [S * A]. Raises ValueError where it is random and its range is not known."""
    table = _drawn(contract) if isinstance(contract.initial, str) else np.full(_entries(contract), contract.initial)
    for state in contract.terminal:
        table[state * contract.actions : (state + 1) * contract.actions] = 0
    return table


def _drawn(contract: Contract) -> Table:
    if contract.value_range is None:
        raise ValueError("initial_table: expected a range of values")
    low, high = contract.value_range
    owner = NOBODY if contract.initial == "shared" else contract.agent
    stream = stream_of(contract.initial_seed, owner, INITIAL)
    return np.array([low + (high - low) * (1 - stream.uniform()) for _ in range(_entries(contract))])


def _entries(contract: Contract) -> int:
    return contract.states * contract.actions
