"""The power of a positive number with the bits that every other agent gets: only + - * /, rounding, and access to bits.

Method: that of fdlibm (Ng, Sun Microsystems 1993) with a logarithm that is the sum of two numbers (Dekker 1971). `math.pow`
differs from machine to machine, and so would the results of agents.
"""

import math
import struct

_LN2_HIGH = 0.6931471803691238
_LN2_LOW = 1.9082149292705877e-10
_EXP_MOST = 709.782712893384
_EXP_LEAST = -745.1332191019412
_LOG2E = 1.4426950408889634
_SQRT2 = 1.4142135623730951
_LONG_TERMS = 5

_EXP_SERIES = [1 / math.factorial(i + 2) for i in range(14)]
_LOG_SERIES = [2 / (2 * i + 3) for i in range(13)]

_Sum = tuple[float, float]
"""A number as the unevaluated sum of two, the second far below the last bit of the first."""


def _power_of_two(k: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", (k + 1023) << 52))[0]
    return value


def _scale(x: float, k: int) -> float:
    """Give x * 2^k rounded once, for x in [0.5, 4) and k in [-1077, 1024]."""
    if k > 1023:
        return x * 2 * _power_of_two(k - 1)
    return (x * _power_of_two(k + 54)) / 18014398509481984 if k < -1021 else x * _power_of_two(k)


def _split(x: float) -> tuple[int, float]:
    """Give k and m with x = m * 2^k and m in [sqrt(1/2), sqrt(2)), for finite normal x > 0."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", x))
    k = (bits >> 52) - 1023
    m = struct.unpack("<d", struct.pack("<Q", (bits & (2**52 - 1)) | (1023 << 52)))[0]
    return (k + 1, m / 2) if m >= _SQRT2 else (k, m)


def _quick_sum(a: float, b: float) -> _Sum:
    high = a + b
    return high, b - (high - a)


def _product(a: float, b: float) -> _Sum:
    ta, tb = a * 134217729, b * 134217729
    ah, bh = ta - (ta - a), tb - (tb - b)
    high = a * b
    return high, ah * bh - high + ah * (b - bh) + (a - ah) * bh + (a - ah) * (b - bh)


def _times(a: _Sum, b: _Sum) -> _Sum:
    high, low = _product(a[0], b[0])
    return _quick_sum(high, low + (a[0] * b[1] + a[1] * b[0]))


def _plus(a: _Sum, b: _Sum) -> _Sum:
    high, low = _quick_sum(a[0], b[0])
    return _quick_sum(high, low + (a[1] + b[1]))


def _ratio(a: float, b: _Sum) -> _Sum:
    high = a / b[0]
    product, rest = _product(high, b[0])
    return _quick_sum(high, (a - product - rest - high * b[1]) / b[0])


_LONG_SERIES = [_ratio(2, (2 * i + 3, 0)) for i in range(_LONG_TERMS)]


def _log(x: float) -> _Sum:
    """Give log(x) to about 2^-70 of itself."""
    k, m = _split(x)
    f = m - 1
    s = _ratio(f, _quick_sum(2, f))
    z = _times(s, s)
    short = 0.0
    for term in reversed(_LOG_SERIES[_LONG_TERMS:]):
        short = short * z[0] + term
    total: _Sum = (short, 0.0)
    for long in reversed(_LONG_SERIES):
        total = _plus(long, _times(z, total))
    fraction = _times(s, _plus((2, 0), _times(z, total)))
    return fraction if k == 0 else _plus(_quick_sum(k * _LN2_HIGH, k * _LN2_LOW), fraction)


def _exp(high: float, low: float) -> float:
    if high > _EXP_MOST:
        return math.inf
    if high < _EXP_LEAST:
        return 0.0
    k = math.floor(high * _LOG2E + 0.5)
    a = high - k * _LN2_HIGH
    b = k * _LN2_LOW - low
    r = a - b
    c = a - r - b
    tail = 0.0
    for term in reversed(_EXP_SERIES):
        tail = tail * r + term
    total = 1 + r
    rest = r - (total - 1)
    return _scale(total + (rest + (r * r * tail + c * total)), k)


def power(x: float, y: float) -> float:
    """Give x^y within 2 units in the last place, for finite normal x > 0 and |y| <= 2^64."""
    if y == 0:
        return 1.0
    high, low = _log(x)
    product, rest = _product(y, high)
    return _exp(*_quick_sum(product, rest + y * low))
