"""CartPole-v1 under a perceptron [64, 64] in NumPy: the loop that people write, one environment, a step at a time, float64.

Called as `python cart_pole.py SECONDS act|gradient`; prints the nanoseconds of CPU time of an environment step: acting and stepping alone, or
with the gradient of every batch (GPOMDP, 8 rollouts, mean return of the other rollouts as baseline) by one backward pass over all its steps.
"""

import math
import sys
import time

import numpy as np

HORIZON, ROLLOUTS, DISCOUNT, UNITS = 500, 8, 0.99, 64


def initial(rng):
    sizes = [4, UNITS, UNITS, 2]
    scales = [1, 1, 0.01]
    return [
        (scale / math.sqrt(n) * rng.standard_normal((m, n)), np.zeros(m))
        for n, m, scale in zip(sizes, sizes[1:], scales)
    ]


def forward(layers, x):
    """Probabilities and the activations of all layers, of one observation or of a batch."""
    activations = [x]
    for w, b in layers[:-1]:
        x = np.tanh(x @ w.T + b)
        activations.append(x)
    w, b = layers[-1]
    logits = x @ w.T + b
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True), activations


def step(state, action):
    x, velocity, angle, turning = state
    force = 10.0 if action == 1 else -10.0
    sine, cosine = math.sin(angle), math.cos(angle)
    push = (force + 0.05 * turning * turning * sine) / 1.1
    spin = (9.8 * sine - cosine * push) / (0.5 * (4.0 / 3.0 - 0.1 * cosine * cosine / 1.1))
    acceleration = push - 0.05 * spin * cosine / 1.1
    state = np.array(
        [x + 0.02 * velocity, velocity + 0.02 * acceleration, angle + 0.02 * turning, turning + 0.02 * spin]
    )
    return state, abs(state[0]) > 2.4 or abs(state[2]) > 12 * math.pi / 180


def rollout(layers, rng):
    observations, actions = [], []
    state = rng.uniform(-0.05, 0.05, 4)
    for _ in range(HORIZON):
        probabilities, _ = forward(layers, state)
        action = int(rng.random() >= probabilities[0])
        observations.append(state)
        actions.append(action)
        state, ended = step(state, action)
        if ended:
            break
    return observations, actions


def weights(lengths):
    """gamma^k (R_k - b_k) of every step; the reward is 1 a step."""
    returns = np.full((len(lengths), HORIZON), np.nan)
    for m, length in enumerate(lengths):
        returns[m, :length] = (1 - DISCOUNT ** (length - np.arange(length))) / (1 - DISCOUNT)
    total, alive = np.nansum(returns, axis=0), np.sum(~np.isnan(returns), axis=0)
    others = np.where(alive > 1, (total - returns) / np.maximum(alive - 1, 1), 0)
    advantages = DISCOUNT ** np.arange(HORIZON) * (returns - others)
    return np.concatenate([advantages[m, :length] for m, length in enumerate(lengths)])


def gradient(layers, batch):
    observations = np.array([o for os, _ in batch for o in os])
    actions = np.array([a for _, actions in batch for a in actions])
    probabilities, activations = forward(layers, observations)
    delta = -probabilities
    delta[np.arange(len(actions)), actions] += 1
    delta *= (weights([len(a) for _, a in batch]) / ROLLOUTS)[:, None]
    gradients = []
    for (w, _), x in zip(reversed(layers), reversed(activations)):
        gradients.append((delta.T @ x, delta.sum(axis=0)))
        delta = (delta @ w) * (1 - x * x)
    return gradients


def measure(seconds, with_gradient):
    rng = np.random.default_rng(1)
    layers = initial(rng)
    steps, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        batch = [rollout(layers, rng) for _ in range(ROLLOUTS)]
        steps += sum(len(actions) for _, actions in batch)
        if with_gradient:
            gradient(layers, batch)
    return 1e9 * (time.process_time() - start) / steps


if __name__ == "__main__":
    print(measure(float(sys.argv[1]), sys.argv[2] == "gradient"))
