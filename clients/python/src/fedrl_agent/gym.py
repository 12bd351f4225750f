"""Experience from a Gymnasium environment with discrete spaces, in which the agent acts.

An environment cannot be rewound, but a Task may start from an earlier state: where an Update was not folded, the same experience is
used again. So the steps since the last durable Update are recorded, in memory and in the agent's journal; they are never sent.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from fedrl_agent.alias import AliasTable, alias_table
from fedrl_agent.errors import InputError, MismatchError
from fedrl_agent.experiment import Contract
from fedrl_agent.learner import Step, Table
from fedrl_agent.stream import START, WALK, Stream, stream_of

_TERMINATED, _TRUNCATED = 1, 2

_LONGEST_EPISODE = 100_000
"""An episode of more steps is not taken up again after a restart, but another one begun; steps."""

Act = Callable[[int, Table], AliasTable]
"""The law of an action, from a state and the Task's table."""


class Environment(Protocol):
    """What is asked of an environment: that of Gymnasium, `gymnasium.Env`."""

    observation_space: Any
    action_space: Any

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""

    def step(self, action: Any, /) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take an action."""


@dataclass(frozen=True, slots=True)
class Gym:
    """An environment whose observation and action spaces are `Discrete`."""

    env: Environment

    def join(self, contract: Contract) -> "Acting":
        """Begin a run. Raises MismatchError where S or A differ, or where the behaviour is not one that this agent can follow."""
        first_state, states = _discrete(self.env.observation_space, "observation")
        first_action, actions = _discrete(self.env.action_space, "action")
        if (states, actions) != (contract.states, contract.actions):
            raise MismatchError(
                f"expected an environment with {contract.states} states and {contract.actions} actions, as the experiment has, "
                f"got {states} and {actions}",
                "the environment of the agent has another number of states or actions than the experiment",
            )
        return Acting(_Shifted(self.env, first_state, first_action), contract, behavior_of(contract))


def _discrete(space: Any, name: str) -> tuple[int, int]:
    if type(space).__name__ != "Discrete":
        raise MismatchError(
            f"expected a Discrete {name} space, got {space}",
            f"the {name} space of the agent's environment is not Discrete",
        )
    return int(space.start), int(space.n)


def behavior_of(contract: Contract) -> Act:
    """Give how the agent acts. Raises MismatchError for a behaviour that is made from a model or a file."""
    actions, own = contract.actions, contract.agent % contract.actions
    match contract.behavior:
        case "uniform":
            return _always(_mixture(actions, own, 0))
        case "one-action":
            return _always(_mixture(actions, own, 1))
        case {"mixture": int() | float() as weight}:
            return _always(_mixture(actions, own, weight))
        case {"epsilonGreedy": int() | float() as epsilon}:
            return _epsilon_greedy(actions, epsilon)
    raise MismatchError(
        "expected agents.behavior to be uniform, one-action, mixture or epsilonGreedy, which this agent can follow, "
        f"got {contract.behavior}"
    )


def _mixture(actions: int, own: int, weight: float) -> AliasTable:
    return alias_table([(1 - weight) / actions + (weight if action == own else 0) for action in range(actions)])


def _always(law: AliasTable) -> Act:
    return lambda state, table: law


def _epsilon_greedy(actions: int, epsilon: float) -> Act:
    """Act uniformly with probability epsilon, else by the best of the common table, all alike: the agent knows no other."""
    laws: dict[tuple[int, ...], AliasTable] = {}

    def act(state: int, table: Table) -> AliasTable:
        row: list[float] = table[state * actions : (state + 1) * actions].tolist()
        most = max(row)
        best = tuple(action for action in range(actions) if row[action] == most)
        if best not in laws:
            greedy = (1 - epsilon) / len(best)
            laws[best] = alias_table([epsilon / actions + greedy * (action in best) for action in range(actions)])
        return laws[best]

    return act


class _Shifted:
    """An environment whose states and actions are counted from 0."""

    def __init__(self, env: Environment, first_state: int, first_action: int) -> None:
        self._env = env
        self._first_state = first_state
        self._first_action = first_action

    def reset(self, seed: int) -> int:
        observation, _ = self._env.reset(seed=seed)
        return int(observation) - self._first_state

    def step(self, action: int) -> tuple[int, float, int]:
        """Give the state entered, the reward, and how the episode ended, 0 where it goes on."""
        observation, reward, terminated, truncated, _ = self._env.step(action + self._first_action)
        end = _TERMINATED if terminated else _TRUNCATED if truncated else 0
        return int(observation) - self._first_state, float(reward), end


class Acting:
    """The experience of one run; its state is the number of steps taken before."""

    def __init__(self, env: _Shifted, contract: Contract, act: Act) -> None:
        """Begin before the first step."""
        self._env = env
        self._contract = contract
        self._act = act
        self._walk = stream_of(contract.seed, contract.agent, WALK)
        self._start = stream_of(contract.seed, contract.agent, START)
        self._seed = 0
        """Of the episode under way."""
        self._actions: list[int] = []
        """Of the episode under way."""
        self._observation: int | None = None
        """None where no episode is under way in the environment."""
        self._expected: int | None = None
        """Where the episode under way is to be, after a restart."""
        self._from = 0
        """The number of the first step that is remembered."""
        self._remembered: list[tuple[Step, int]] = []
        self._told = 0
        """The number of the first step that is not in the journal."""

    def steps(self, state: int, count: int, table: Table) -> Iterable[Step]:
        """Give steps that are remembered, and then act. Raises InputError where the environment misbehaves."""
        if state < self._from:
            raise MismatchError(
                f"the steps from {state} on are not remembered: those before {self._from} were used for good"
            )
        return self._steps(state, count, table)

    def _steps(self, state: int, count: int, table: Table) -> Iterator[Step]:
        for number in range(state, state + count):
            at = number - self._from
            if at == len(self._remembered):
                self._remembered.append(self._take_step(table))
            yield self._remembered[at][0]

    def _take_step(self, table: Table) -> tuple[Step, int]:
        state = self._resume() if self._observation is None else self._observation
        action = self._act(state, table).pick(self._walk.word())
        following, reward, end = self._env.step(action)
        self._check_state(following)
        self._check_reward(reward)
        self._observation, self._expected = None if end else following, None
        self._note(action, end)
        return (state, action, reward, following, end == _TERMINATED), end

    def _check_state(self, state: int) -> None:
        if not 0 <= state < self._contract.states:
            raise InputError(f"expected a state in [0, {self._contract.states}) from the environment, got {state}")

    def _check_reward(self, reward: float) -> None:
        low, high = self._contract.reward_range or (-math.inf, math.inf)
        if not (math.isfinite(reward) and low <= reward <= high):
            raise InputError(
                f"expected a reward in the experiment's rewardRange [{low:g}, {high:g}] from the environment, got {reward:g}"
            )

    def _note(self, action: int, end: int) -> None:
        """Follow the episode under way, so that it can be played again."""
        self._actions = [] if end or len(self._actions) >= _LONGEST_EPISODE else self._actions
        if not end:
            self._actions.append(action)

    def _resume(self) -> int:
        """Play the episode under way again; begin another one where there is none, or where it goes another way."""
        if self._actions:
            state, end = self._reset(), 0
            for action in self._actions:
                state, _, end = self._env.step(action)
                if end:
                    break
            if not end and state == self._expected:
                return state
        self._actions = []
        self._seed = int(self._start.uniform() * 2**53)
        return self._reset()

    def _reset(self) -> int:
        state = self._env.reset(self._seed)
        self._check_state(state)
        return state

    def after(self, state: int, count: int) -> int:
        """Give the number of steps taken before, after `count` more."""
        return state + count

    def news(self) -> Any:
        """Give the steps since the last call, and where acting goes on."""
        first = max(self._told, self._from)
        self._told = self._from + len(self._remembered)
        return self._recorded(first, [])

    def whole(self) -> Any:
        """Give all steps that are remembered, and those actions of the episode under way that lie before them."""
        ends = (back for back, (_, end) in enumerate(reversed(self._remembered)) if end)
        own = next(ends, len(self._remembered))
        return self._recorded(self._from, self._actions[: max(0, len(self._actions) - own)])

    def _recorded(self, first: int, lead: list[int]) -> dict[str, Any]:
        steps = self._remembered[first - self._from :]
        return {
            "first": first,
            "lead": lead,
            "steps": [[state, action, reward, following, end] for (state, action, reward, following, _), end in steps],
            "streams": [self._walk.x, self._walk.y, self._start.x, self._start.y],
            "seed": self._seed,
            "observation": self._observation if self._expected is None else self._expected,
        }

    def restore(self, news: Any) -> None:
        """Take up what was recorded; the episode under way is played again when the environment is needed next."""
        if not self._remembered:
            self._from = news["first"]
        self._actions += news["lead"]
        for state, action, reward, following, end in news["steps"]:
            step = (state, action, reward, following, end == _TERMINATED)
            self._remembered.append((step, end))
            self._note(action, end)
        walk, start = news["streams"][:2], news["streams"][2:]
        self._walk, self._start, self._seed = Stream(*walk), Stream(*start), news["seed"]
        self._told = self._from + len(self._remembered)
        self._observation, self._expected = None, news["observation"]

    def forget(self, state: int) -> None:
        """Forget the steps before a state."""
        gone = min(state - self._from, len(self._remembered))
        if gone > 0:
            del self._remembered[:gone]
            self._from += gone
