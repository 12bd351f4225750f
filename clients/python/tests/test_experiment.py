"""What an agent reads from the experiment, and what it tells when it cannot take part in it."""

import pytest
from agreed import EXPERIMENT

from fedrl_agent.errors import MismatchError
from fedrl_agent.experiment import Invitation, contract_of


def read(text=EXPERIMENT, variant=0, seed=7, agent=1):
    return contract_of(text, Invitation(variant, seed, agent, 2))


def test_defaults():
    agreed = read()
    assert (agreed.states, agreed.actions, agreed.discount, agreed.reward_range) == (3, 2, 0.9, (0.0, 1.0))
    assert (agreed.importance, agreed.behavior, agreed.initial, agreed.initial_seed) == (False, "uniform", 0.0, 7)


def test_the_grid_in_the_order_of_the_server():
    text = (
        EXPERIMENT
        + "vary:\n  algorithm.stepSize: [ 0.1, 1e-1, { polynomial: 0.7 } ]\n  algorithm: [ { averaging: importance }, { syncPeriod: 9 } ]\n"
    )
    cells = [read(text, variant) for variant in range(6)]
    assert [cell.importance for cell in cells] == [True, False] * 3
    assert [cell.sync_period for cell in cells] == [4, 9] * 3
    assert [cell.step_size for cell in cells] == [0.1, 0.1, 0.1, 0.1, {"polynomial": 0.7}, {"polynomial": 0.7}]
    with pytest.raises(MismatchError, match="a variant below 6, got 6"):
        read(text, 6)


def test_all_steps_in_one_round_where_agents_learn_alone():
    agreed = read(EXPERIMENT.replace("fed-asyn-q", "q-learning").replace("syncPeriod: 4, ", ""))
    assert (agreed.sync_period, agreed.importance) == (400, False)


LAKE = EXPERIMENT.replace(
    "{ states: 3, actions: 2, discount: 0.9, rewardRange: [0, 1] }", "{ family: frozen-lake, discount: 0.5 }"
)


def test_a_lake_whose_model_is_known():
    agreed = read(LAKE.replace("initial: 0", "initial: perAgent"))
    assert (agreed.states, agreed.actions, agreed.value_range) == (16, 4, (0.0, 2.0))
    assert agreed.terminal == {5, 7, 11, 12, 15}
    assert read(LAKE.replace("frozen-lake,", 'frozen-lake, map: "SF\\nHG",')).terminal == {2, 3}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fed-asyn-q", "fed-syn-q", "expected fed-asyn-q or q-learning, which this agent knows, got fed-syn-q"),
        ("states: 3, actions: 2, discount: 0.9, rewardRange: [0, 1]", "family: garnet, discount: 0.9", "got garnet"),
        ("states: 3, actions: 2, discount: 0.9, rewardRange: [0, 1]", "mdp: /a.mdp.json, discount: 0.9", "got a file"),
        ("stepSize: 0.1, ", "", "cannot be read: KeyError.'stepSize'."),
        ("name: small", "name: [", "is no YAML"),
    ],
)
def test_what_this_agent_cannot_take_part_in(old, new, said):
    with pytest.raises(MismatchError, match=said):
        read(EXPERIMENT.replace(old, new))


def test_random_tables_of_a_model_that_is_not_known():
    taxi = EXPERIMENT.replace(
        "states: 3, actions: 2, discount: 0.9, rewardRange: [0, 1]", "family: taxi, discount: 0.9"
    )
    assert read(taxi).states == 500
    with pytest.raises(MismatchError, match="random initial tables depend on the rewards"):
        read(taxi.replace("initial: 0", "initial: perAgent"))
