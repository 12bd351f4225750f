"""The published vectors of policy gradients, worked out from the formulas of docs/protocol.md; the package itself does not learn so."""

import numpy as np
import pytest
from vectors import vectors

from fedrl_agent.frame import decode_frame
from fedrl_agent.stream import stream_of

given = vectors["policyGradients"]
mdp = given["mdp"]
S, A, GAMMA = mdp["states"], mdp["actions"], mdp["discount"]
MODEL, COMMON = 4, 4294967294

P = np.zeros((S, A, S))
for state, action, following, probability, _ in mdp["transitions"]:
    P[state, action, following] += probability
P[mdp["terminal"]] = 0


def gradient(theta, reward, entropy):
    weights = np.exp(theta.reshape(S, A))
    pi = weights / weights.sum(1, keepdims=True)
    pi[mdp["terminal"]] = 0
    bonus = -entropy * np.log(pi, out=np.zeros((S, A)), where=pi > 0)
    moves = np.einsum("sa,sat->st", pi, P)
    moves[:, mdp["terminal"]] = 0
    v = np.linalg.solve(np.eye(S) - GAMMA * moves, (pi * (reward + bonus)).sum(1))
    x = np.linalg.solve((np.eye(S) - GAMMA * moves).T, np.array(mdp["initial"]))
    q = reward + GAMMA * P @ v
    return (x[:, None] * pi * (q + bonus - v[:, None])).ravel()


def vector(task, kept, reward, entropy):
    """Answer a Task; `kept` goes from phase to phase of the agent."""
    if task.fields["phase"] == 0:
        kept["theta"] = task.tensors["theta"]
        kept["own"] = gradient(kept["theta"], reward, entropy)
        if kept["phases"] == 2:
            return kept["own"]
    correction = task.tensors["direction"] - kept["own"] if "direction" in task.tensors else 0
    theta = kept["theta"]
    for _ in range(given["localSteps"]):
        theta = theta + given["stepSize"] * (gradient(theta, reward, entropy) + correction)
    return theta - kept["theta"]


@pytest.mark.parametrize("published", given["rounds"], ids=lambda published: published["algorithm"])
def test_a_round(published):
    agents = [{"phases": len(published["phases"])} for _ in given["rewards"]]
    mean = None
    for phase in published["phases"]:
        task = decode_frame(bytes.fromhex(phase["task"]))
        if "direction" in task.tensors:
            assert np.abs(task.tensors["direction"] - mean).max() <= given["tolerance"]
        made = [
            vector(task, kept, np.array(reward), published["entropy"])
            for kept, reward in zip(agents, given["rewards"], strict=True)
        ]
        assert np.abs(np.array(made) - phase["vectors"]).max() <= given["tolerance"]
        mean = np.mean(made, 0)
    theta = given["start"] + given["serverStepSize"] * mean
    assert np.abs(theta - published["theta"]).max() <= given["tolerance"]


def test_drawn_rewards():
    drawn = given["drawn"]

    def table(owner):
        stream = stream_of(drawn["seed"], owner, MODEL)
        return np.array([stream.word() / 2**32 for _ in range(S * A)])

    h = drawn["heterogeneity"]
    for agent, expected in enumerate(drawn["tables"]):
        assert ((1 - h) * table(COMMON) + h * table(agent)).tolist() == expected
