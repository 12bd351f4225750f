"""Keyed random streams: a stream is named by (seed, agent, purpose), and its position is its whole state."""

from dataclasses import dataclass

WALK = 0
"""What an agent does: in an environment of its own one word a step, for the action."""
START = 1
"""Where an agent begins: in an environment of its own one uniform number an episode, for its seed."""
INITIAL = 2
"""Random initial tables: one uniform number for each entry."""

NOBODY = 2**32 - 1
"""The agent of streams that belong to no agent."""

_MASK = 2**32 - 1
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)


def _rotl(x: int, k: int) -> int:
    return ((x << k) | (x >> (32 - k))) & _MASK


def threefry2x32(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Map a key and a counter of 64 bits each to 64 bits, with 20 rounds (Salmon, Moraes, Dror, Shaw, SC 2011)."""
    keys = (key[0], key[1], 0x1BD11BDA ^ key[0] ^ key[1])
    x = (counter[0] + keys[0]) & _MASK
    y = (counter[1] + keys[1]) & _MASK
    for i in range(20):
        x = (x + y) & _MASK
        y = _rotl(y, _ROTATIONS[i % 8]) ^ x
        if i % 4 == 3:
            j = i // 4 + 1
            x = (x + keys[j % 3]) & _MASK
            y = (y + keys[(j + 1) % 3] + j) & _MASK
    return x, y


@dataclass(slots=True)
class Stream:
    """A stream at a position, two words that are not both 0 (xoroshiro64** 1.0, Blackman and Vigna 2018)."""

    x: int
    y: int

    def word(self) -> int:
        """Draw the next 32 bits."""
        x, y = self.x, self.y
        product = (x * 0x9E3779BB) & _MASK
        word = ((((product << 5) | (product >> 27)) & _MASK) * 5) & _MASK
        y ^= x
        self.x = (((x << 26) | (x >> 6)) ^ y ^ (y << 9)) & _MASK
        self.y = ((y << 13) | (y >> 19)) & _MASK
        return word

    def uniform(self) -> float:
        """Draw a number in [0, 1) from two words."""
        first = self.word() >> 5
        return (first * 67108864 + (self.word() >> 6)) / 9007199254740992


def stream_of(seed: int, agent: int, purpose: int) -> Stream:
    """Give the stream of (seed, agent, purpose) at its start; seed in [0, 2^53)."""
    x, y = threefry2x32((seed & _MASK, seed >> 32), (agent, purpose))
    return Stream(1 if x == 0 and y == 0 else x, y)
