"""Acting in an environment: what is recorded, used again, taken up after a restart, and refused."""

import gymnasium
import numpy as np
import pytest
from agreed import contract

from fedrl_agent import gym
from fedrl_agent.errors import InputError, MismatchError
from fedrl_agent.frame import decode_frame, encode_frame
from fedrl_agent.gym import Gym, behavior_of
from fedrl_agent.learner import answer, decode_task


def lake(**more):
    return contract(**{"states": 16, "actions": 4, "initial": 0.0, "sync_period": 50, **more})


def acting(agreed, name="FrozenLake-v1", **arguments):
    return Gym(gymnasium.make(name, **arguments)).join(agreed)


TABLE = np.zeros(64)


def test_steps_are_those_of_the_environment():
    probabilities = gymnasium.make("FrozenLake-v1").unwrapped.P
    steps = list(acting(lake()).steps(0, 500, TABLE))
    assert any(terminated for *_, terminated in steps)
    for before, (state, action, reward, following, terminated) in zip([None, *steps], steps, strict=False):
        assert (following, reward, terminated) in [outcome[1:] for outcome in probabilities[state][action]]
        assert state == (0 if before is None or before[4] else before[3])


def test_the_same_steps_for_the_same_seed_and_agent_and_others_for_others():
    first = list(acting(lake()).steps(0, 60, TABLE))
    assert first == list(acting(lake()).steps(0, 60, TABLE))
    assert first != list(acting(lake(agent=0)).steps(0, 60, TABLE))
    assert first != list(acting(lake(seed=6)).steps(0, 60, TABLE))


def test_an_earlier_state_gives_the_same_steps_again_and_then_goes_on():
    source = acting(lake())
    first = list(source.steps(0, 40, TABLE))
    assert list(source.steps(10, 50, TABLE))[:30] == first[10:]
    source.forget(20)
    assert list(source.steps(20, 20, TABLE)) == first[20:]
    with pytest.raises(MismatchError, match="those before 20 were used for good"):
        source.steps(19, 1, TABLE)


@pytest.mark.parametrize("kept", [0, 37, 100])
@pytest.mark.parametrize("shortened", [False, True])
def test_restarted_it_goes_on_as_if_nothing_had_been(kept, shortened):
    whole = list(acting(lake()).steps(0, 200, TABLE))
    source = acting(lake())
    news = []
    for state in (0, 50):
        list(source.steps(state, 50, TABLE))
        news.append(source.news())
    source.forget(kept)
    news = [source.whole()] if shortened else news
    list(source.steps(100, 13, TABLE))  # experienced, and lost with the process
    again = acting(lake())
    for one in news:
        again.restore(one)
    again.forget(kept)
    assert list(again.steps(kept, 200 - kept, TABLE)) == whole[kept:]


class Forgetful(gymnasium.Wrapper):
    """An environment that takes no seed."""

    def reset(self, *, seed=None, options=None):
        return self.env.reset(options=options)


def test_restarted_in_an_environment_that_goes_another_way_it_begins_an_episode():
    source = acting(lake())
    first = list(source.steps(0, 3, TABLE))
    news = source.news()
    for seed in range(20):
        env = Forgetful(gymnasium.make("FrozenLake-v1"))
        env.unwrapped.reset(seed=seed)
        again = Gym(env).join(lake())
        again.restore(news)
        steps = list(again.steps(0, 5, TABLE))
        assert steps[:3] == first
        assert steps[3][0] in (0, first[2][3])


class Scripted(gymnasium.Env):
    """Goes from state to state as told."""

    observation_space = gymnasium.spaces.Discrete(3, start=5)
    action_space = gymnasium.spaces.Discrete(2, start=-1)

    def __init__(self, *steps):
        self.told = list(steps)
        self.actions = []

    def reset(self, *, seed=None, options=None):
        return 5, {}

    def step(self, action):
        self.actions.append(action)
        return (*self.told.pop(0), {})


def test_spaces_that_do_not_start_at_0():
    env = Scripted((6, 0.5, False, False), (7, 1.0, False, False))
    source = Gym(env).join(contract(behavior="one-action", agent=1))
    assert list(source.steps(0, 2, TABLE)) == [(0, 1, 0.5, 1, False), (1, 1, 1.0, 2, False)]
    assert env.actions == [0, 0]


def test_a_truncated_step_bootstraps_and_a_terminated_one_does_not():
    for terminated, truncated, worth in ((False, True, 2.0), (True, False, 0.0), (True, True, 0.0)):
        env = Scripted((6, 1.0, terminated, truncated), (6, 1.0, False, False))
        agreed = contract(behavior="one-action", agent=0, initial=0.0, importance=False)
        source = Gym(env).join(agreed)
        table = np.array([0, 0, 2.0, 1.5, 0, 0])
        data = encode_frame({"kind": "q-task", "round": 3, "step": 12, "steps": 1}, {"table": table})
        update = decode_frame(answer(agreed, decode_task(data, agreed), source.steps(0, 1, table)))
        assert update.tensors["entries"].tolist() == [0]
        assert update.tensors["changes"].tolist() == [0.1 * 1.0 + 0.1 * 0.9 * worth]
        # both end the episode
        assert list(source.steps(1, 1, table))[0][0] == 0


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            (6, 1.5, False, False),
            r"expected a reward in the experiment's rewardRange \[0, 1\] from the environment, got 1.5",
        ),
        ((6, float("nan"), False, False), "got nan"),
        ((9, 0.5, False, False), r"expected a state in \[0, 3\) from the environment, got 4"),
    ],
)
def test_an_environment_that_leaves_the_experiment_is_stopped(step, said):
    source = Gym(Scripted(step)).join(contract())
    with pytest.raises(InputError, match=said):
        list(source.steps(0, 1, TABLE))


def test_an_environment_that_does_not_fit():
    with pytest.raises(MismatchError, match="16 states and 4 actions, as the experiment has, got 500 and 6"):
        acting(lake(), "Taxi-v3")
    with pytest.raises(MismatchError, match="expected a Discrete observation space, got Box"):
        acting(lake(), "CartPole-v1")
    with pytest.raises(
        MismatchError, match="expected agents.behavior to be uniform, one-action, mixture or epsilonGreedy"
    ):
        acting(lake(behavior={"dirichlet": 0.3}))


def test_behaviours():
    table = np.array([0, 0, 1.0, 1.0, 0, 0, 0, 0] + [0.0] * 56)
    words = [(2 * i + 1) << 21 for i in range(1024)]

    def shares(behavior, state=0, agent=1):
        law = behavior_of(lake(behavior=behavior, agent=agent))(state, table)
        return (np.bincount([law.pick(word) for word in words], minlength=4) / 1024).round(2).tolist()

    assert shares("uniform") == [0.25] * 4
    assert shares("one-action", agent=6) == [0, 0, 1, 0]
    assert shares({"mixture": 0.5}) == [0.12, 0.62, 0.12, 0.12]
    assert shares({"epsilonGreedy": 0.2}) == [0.05, 0.05, 0.45, 0.45]
    assert shares({"epsilonGreedy": 0.2}, state=1) == [0.25] * 4
    assert shares({"epsilonGreedy": 0}) == [0, 0, 0.5, 0.5]
    assert shares({"epsilonGreedy": 1}) == shares({"mixture": 0}) == [0.25] * 4


def test_an_episode_without_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(gym, "_LONGEST_EPISODE", 7)
    source = Gym(Scripted(*[(6, 0.5, False, False)] * 30)).join(contract())
    list(source.steps(0, 30, TABLE))
    source.forget(30)
    assert len(source.whole()["lead"]) <= 7
