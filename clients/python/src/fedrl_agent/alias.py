"""Alias tables (Walker 1977, Vose 1991): one random word picks one of n outcomes of a fixed law."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

ACTION_BITS = 24
"""Resolution of the thresholds of actions, bits."""


@dataclass(frozen=True, slots=True)
class AliasTable:
    """A law of n outcomes as columns, a power of two of them, at least two."""

    bits: int
    """Of a threshold."""
    threshold: tuple[int, ...]
    alias: tuple[int, ...]

    def pick(self, word: int) -> int:
        """Give the outcome of a word of 32 bits: its top bits name the column, the bits below are held against the threshold."""
        top = len(self.threshold).bit_length() - 1
        column = word >> (32 - top)
        rest = ((word << top) & 0xFFFFFFFF) >> (32 - self.bits)
        return column if rest < self.threshold[column] else self.alias[column]


def alias_table(probability: Sequence[float], bits: int = ACTION_BITS) -> AliasTable:
    """Give the table of a law, n >= 1 probabilities that sum to 1; `bits` in [1, 31]."""
    columns = 1 << max(1, (len(probability) - 1).bit_length())
    scale = 1 << bits
    most = min(scale, (1 << 32) // columns)
    scaled = [p * columns for p in probability] + [0.0] * (columns - len(probability))
    threshold, alias = [0] * columns, list(range(columns))
    small = [column for column in range(columns) if scaled[column] < 1]
    large = [column for column in range(columns) if scaled[column] >= 1]
    while small and large:
        column, giver = small.pop(), large[-1]
        own = _rounded(scaled[column] * most)
        threshold[column] = scale - 1 if own == most else own * (scale // most)
        alias[column] = column if own == most else giver
        scaled[giver] = (scaled[giver] + own / most) - 1
        if scaled[giver] < 1:
            small.append(large.pop())
    likeliest = max(range(len(probability)), key=lambda outcome: probability[outcome])
    for column in large + small:
        happens = column in large or (column < len(probability) and probability[column] > 0)
        threshold[column] = scale - 1 if happens else 0
        alias[column] = column if happens else likeliest
    return AliasTable(bits, tuple(threshold), tuple(alias))


def _rounded(x: float) -> int:
    """Give the nearest integer, halves upwards."""
    below = math.floor(x)
    return below + 1 if x - below >= 0.5 else below
