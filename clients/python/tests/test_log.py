"""Logs: what is read, replayed and refused."""

import itertools
import re

import pytest
from agreed import LOG, contract

from fedrl_agent.errors import InputError, MismatchError
from fedrl_agent.log import Log

STEPS = [
    (0, 1, 0.5, 1, False),
    (1, 0, 1.0, 0, False),
    (0, 0, 0.25, 2, True),
    (1, 1, 0.0, 1, False),
    (1, 0, 0.75, 2, True),
]


def joined(tmp_path, text, **more):
    path = tmp_path / "own.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Log(path).join(contract(**more))


@pytest.mark.parametrize("text", [LOG, LOG.replace("\n", "\r\n"), "\ufeff" + LOG, LOG[:-1]])
def test_a_log_is_read_and_replayed_from_the_start_again(tmp_path, text):
    replay = joined(tmp_path, text)
    for state, count in itertools.product(range(5), (1, 4, 5, 6, 23)):
        expected = [STEPS[(state + i) % 5] for i in range(count)]
        assert list(replay.steps(state, count, None)) == expected
        assert replay.after(state, count) == (state + count) % 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0,1,0.5,1,0", "3,1,0.5,1,0", r"own.csv:2: state: expected an integer in \[0, 3\), got '3'"),
        ("0,1,0.5,1,0", "0,2,0.5,1,0", r"own.csv:2: action: expected an integer in \[0, 2\), got '2'"),
        ("1,0,1,0,false", "1,0,1.5,0,false", r"own.csv:3: reward: expected a number in \[0, 1\], got '1.5'"),
        ("1,0,1,0,false", "1,0,nan,0,false", r"own.csv:3: reward: expected a number"),
        ("1,0,1,0,false", "1,0,1,-1,false", r"own.csv:3: next_state: expected an integer"),
        ("1,0,1,0,false", "1,0,1,0,no", r"own.csv:3: terminated: expected true, false, 1 or 0, got 'no'"),
        ("1,0,1,0,false", "", r"own.csv:3: expected 5 fields, got 0"),
        ("state,action", "s,a", r"own.csv:1: expected the header state,action,reward,next_state,terminated"),
    ],
)
def test_a_log_that_does_not_fit_is_told_by_line(tmp_path, old, new, said):
    with pytest.raises(MismatchError, match=said) as mismatch:
        joined(tmp_path, LOG.replace(old, new))
    # the server hears of the line and the column, and of no value
    line = said.split(":")[1]
    told = rf"what the agent learns from does not fit the experiment in line {line}(: (state|action|reward|next_state|terminated))?"
    assert re.fullmatch(told, mismatch.value.told)


def test_no_log(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv: the log cannot be read: No such file"):
        Log(tmp_path / "nowhere.csv").join(contract())
    with pytest.raises(InputError, match="the log cannot be read"):
        joined(tmp_path, b"\xff\xfe\x00")
    with pytest.raises(MismatchError, match="expected at least one step"):
        joined(tmp_path, LOG.splitlines()[0])


def test_rewards_of_a_model_that_is_not_known_may_be_any(tmp_path):
    replay = joined(tmp_path, LOG.replace("0.5", "-1e9"), reward_range=None)
    assert next(iter(replay.steps(0, 1, None))) == (0, 1, -1e9, 1, False)
