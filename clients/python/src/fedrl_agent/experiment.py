"""What an agent needs of the experiment that the server sends: one variant of it, with its defaults filled in."""

import copy
import itertools
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fedrl_agent.errors import MismatchError

_SECTIONS = ("environment", "agents", "algorithm", "evaluate")

_LAKES = {
    "4x4": ["SFFF", "FHFH", "FFFH", "HFFG"],
    "8x8": ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"],
}

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Contract:
    """What the server and all agents of a run agree upon; numbers as the experiment gives them."""

    algorithm: str
    states: int
    actions: int
    discount: float
    step_size: float | dict[str, Any]
    """eta, or a schedule: `{"rescaledLinear": True}` or `{"polynomial": omega}`."""
    importance: bool
    """Whether Updates carry visit counts."""
    sync_period: int
    """tau; all T steps where agents learn alone."""
    initial: float | str
    """Every entry of the first table, or "shared", or "perAgent"."""
    initial_seed: int
    reward_range: Range | None
    """Smallest and largest reward of a step; None where only the model knows them."""
    value_range: Range | None
    """Of random entries of initial tables; None where only the model knows it."""
    terminal: frozenset[int]
    """States whose entries are 0 in initial tables."""
    behavior: str | dict[str, Any]
    seed: int
    agent: int
    agents: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """The run that an agent is to take part in, and its place in it."""

    variant: int
    seed: int
    agent: int
    agents: int


def contract_of(text: str, invitation: Invitation) -> Contract:
    """Read an experiment (YAML 1.2, as resolved by the server). Raises MismatchError for what this agent cannot do."""
    variants = _variants(_parsed(text))
    if invitation.variant >= len(variants):
        raise MismatchError(f"expected a variant below {len(variants)}, got {invitation.variant}")
    sections = variants[invitation.variant]
    try:
        return _contract(sections, invitation)
    except (KeyError, TypeError, ValueError) as error:
        raise MismatchError(f"the experiment of the server cannot be read: {error!r}") from error


def _parsed(text: str) -> dict[str, Any]:
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise MismatchError("the experiment of the server is no YAML") from error
    if not isinstance(document, dict):
        raise MismatchError("the experiment of the server is no mapping")
    return document


def _variants(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Expand the grid of `vary`: the last key varies fastest."""
    sections = {name: document[name] for name in _SECTIONS if name in document}
    vary: dict[str, list[Any]] = document.get("vary", {})
    cells = itertools.product(*vary.values())
    return [_assigned(sections, zip(vary, cell, strict=True)) for cell in cells]


def _assigned(sections: dict[str, Any], values: "zip[tuple[str, Any]]") -> dict[str, Any]:
    """Put values at their paths; one under a section's name is merged over that section."""
    result = copy.deepcopy(sections)
    for key, value in values:
        if key in _SECTIONS:
            result[key] = {**result.get(key, {}), **value}
            continue
        *path, last = key.split(".")
        place: Any = result
        for part in path:
            if isinstance(place, list):
                place = place[int(part)]
                continue
            if not isinstance(place.get(part), dict | list):
                place[part] = {}
            place = place[part]
        place[int(last) if isinstance(place, list) else last] = value
    return result


def _contract(sections: dict[str, Any], invitation: Invitation) -> Contract:
    algorithm, discount = sections["algorithm"], float(sections["environment"]["discount"])
    sizes = _sizes(sections["environment"])
    name = algorithm["name"]
    if name not in ("fed-asyn-q", "q-learning"):
        raise MismatchError(f"expected fed-asyn-q or q-learning, which this agent knows, got {name}")
    steps = int(algorithm["steps"])
    contract = Contract(
        algorithm=name,
        states=sizes.states,
        actions=sizes.actions,
        discount=discount,
        step_size=_number_or(dict, algorithm["stepSize"]),
        importance=name == "fed-asyn-q" and algorithm.get("averaging", "equal") == "importance",
        sync_period=steps if name == "q-learning" else min(int(algorithm["syncPeriod"]), steps),
        initial=_number_or(str, algorithm.get("initial", "shared")),
        initial_seed=int(algorithm.get("initialSeed", invitation.seed)),
        reward_range=sizes.rewards,
        value_range=sizes.rewards and (sizes.rewards[0] / (1 - discount), sizes.rewards[1] / (1 - discount)),
        terminal=sizes.terminal,
        behavior=sections["agents"].get("behavior", "uniform"),
        seed=invitation.seed,
        agent=invitation.agent,
        agents=invitation.agents,
    )
    if contract.value_range is None and _draws_table(contract):
        raise MismatchError(
            "random initial tables depend on the rewards and terminal states of a model, which this agent does not know: "
            "expected algorithm.initial to be a number, or environment with states, actions and rewardRange"
        )
    return contract


def _number_or(kind: type, value: Any) -> Any:
    return value if isinstance(value, kind) else float(value)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """What an agent knows of the problem without its model."""

    states: int
    actions: int
    rewards: Range | None = None
    terminal: frozenset[int] = frozenset()


def _sizes(environment: dict[str, Any]) -> _Sizes:
    match environment:
        case {"states": int(states), "actions": int(actions), "rewardRange": [low, high]}:
            return _Sizes(states, actions, (float(low), float(high)))
        case {"family": "frozen-lake"}:
            return _lake(environment.get("map", "4x4"))
        case {"family": "cliff-walking"}:
            return _Sizes(48, 4)
        case {"family": "taxi"}:
            return _Sizes(500, 6)
    raise MismatchError(
        "expected an environment with states, actions and rewardRange, or one of the families frozen-lake, cliff-walking and taxi, "
        f"whose sizes this agent knows, got {environment.get('family', 'a file')}"
    )


def _lake(given: str | list[str]) -> _Sizes:
    rows = given if isinstance(given, list) else _LAKES.get(given) or given.split()
    cells = "".join(rows)
    return _Sizes(len(cells), 4, (0.0, 1.0), frozenset(i for i, cell in enumerate(cells) if cell in "HG"))


def _draws_table(contract: Contract) -> bool:
    alone = contract.algorithm == "q-learning"
    return contract.initial == "perAgent" or (alone and contract.initial == "shared")
