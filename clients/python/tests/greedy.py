"""`python -m tests.greedy MODEL ENVIRONMENT`: the mean return of the greedy policy of a model, over 500 episodes."""

import json
import struct
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np


def table_in(path):
    """Read the table of a model, [S, A]."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    q = json.loads(data[8 : 8 + length])["q"]
    first, end = q["data_offsets"]
    return np.frombuffer(data[8 + length + first : 8 + length + end], "<f8").reshape(q["shape"])


def mean_return(policy, env, episodes):
    """Play episodes with the seeds 0, 1, ..."""
    total = 0.0
    for seed in range(episodes):
        state, _ = env.reset(seed=seed)
        over = False
        while not over:
            state, reward, terminated, truncated, _ = env.step(int(policy[state]))
            total += float(reward)
            over = terminated or truncated
    return total / episodes


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(mean_return(table_in(sys.argv[1]).argmax(axis=1), gymnasium.make(sys.argv[2]), 500))
