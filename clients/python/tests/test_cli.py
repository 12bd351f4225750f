"""The command line: exit codes, and one line for each mistake."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest
from agreed import LOG
from fake import control, failure, server, welcome

from fedrl_agent.cli import run

NOWHERE = "ws://127.0.0.1:1"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(LOG)
    return str(path)


def join(log, *more):
    return ["join", NOWHERE, "--agent", "ward-3", "--logs", log, "--state", f"{log}.state", "--wait", "0", *more]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ([], 1, f"error: {NOWHERE}: cannot connect: "),
        (["--agent", "no name"], 2, "error: expected a name of 1 to 64 letters, digits, - and _, got 'no name'"),
        (["--logs", "/nowhere.csv"], 2, "error: /nowhere.csv: the log cannot be read: No such file or directory"),
        (["--key", "/nowhere.key"], 2, "error: /nowhere.key: No such file or directory"),
        (["--gym-args", "{}"], 2, "error: --gym-args: expected --gym beside it"),
        (["--state", "/dev/null/x"], 2, "error: /dev/null/x: Not a directory"),
    ],
)
def test_a_mistake_is_one_line(log, capsys, more, code, said):
    assert run(join(log, *more)) == code
    assert [line.startswith(said) for line in capsys.readouterr().err.splitlines()] == [True]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["Nothing-v0"], "error: --gym: Nothing-v0 cannot be made: "),
        (["FrozenLake-v1", "--gym-args", "{"], "error: --gym-args: expected JSON, got {"),
        (["FrozenLake-v1", "--gym-args", "[]"], "error: --gym-args: expected a JSON object, got []"),
        (["FrozenLake-v1", "--gym-args", '{"maps": 1}'], "error: --gym: FrozenLake-v1 cannot be made: "),
    ],
)
def test_an_environment_that_cannot_be_made(capsys, more, said):
    assert run(["join", NOWHERE, "--agent", "a", "--gym", *more]) == 2
    assert [line.startswith(said) for line in capsys.readouterr().err.splitlines()] == [True]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["join"],
        ["join", NOWHERE, "--agent", "a"],
        ["join", NOWHERE, "--agent", "a", "--logs", "a.csv", "--gym", "FrozenLake-v1"],
        ["join", NOWHERE, "--agent", "a", "--logs", "a.csv", "--wait", "-1"],
        ["join", NOWHERE, "--agent", "a", "--logs", "a.csv", "--give-up", "soon"],
        ["join", NOWHERE, "--agent", "a", "--logs", "a.csv", "--other"],
    ],
)
def test_a_command_line_that_cannot_be_read(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 2
    assert "usage: " in capsys.readouterr().err


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit) as ended:
        run(["join", "--help"])
    assert ended.value.code == 0
    assert "python -m fedrl_agent join ws://127.0.0.1:7070 --agent ward-3 --logs ward-3.csv" in capsys.readouterr().out


def program(log, url, *more):
    return asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "fedrl_agent", "join", url, "--agent", "ward-3", "--logs", log],
        *["--state", f"{log}.state", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def greeted(line):
    await line.hear()
    await line.say(welcome())


def outcome(log, script, *more, act=None):
    """Give the exit code, what was printed, and what was said."""

    async def both():
        async with server(script) as url:
            process = await program(log, url, *more)
            if act is not None:
                await act(process)
            printed, said = await process.communicate()
            return process.returncode, printed.decode().splitlines(), said.decode().splitlines(), url

    return asyncio.run(both())


def test_finished(log):
    async def script(line):
        await greeted(line)
        await line.say(control("finished"))
        await line.hear()

    code, printed, said, url = outcome(log, script, "--json")
    assert (code, said) == (0, ["ward-3 joined as agent 1"])
    assert json.loads(printed[0]) == {"url": url, "agents": ["ward-3"], "outcome": "finished"}


def test_refused(log):
    async def script(line):
        await line.hear()
        await line.say(failure("revoked", "the key was revoked"))
        await line.hear()

    code, printed, said, url = outcome(log, script)
    assert (code, printed, said) == (1, [], [f"error: {url} refused ward-3 (revoked): the key was revoked"])


def test_a_server_that_is_gone(log):
    code, printed, said, _ = outcome(log, greeted, "--give-up", "0")
    assert (code, printed, said) == (
        1,
        [],
        [
            "ward-3 joined as agent 1",
            f"error: the server is gone: the connection was lost; it was stopped, or all runs are over; {log}.state keeps what a "
            "server may ask for, and the same command goes on",
        ],
    )


def test_the_same_command_twice(log):
    async def script(line):
        await greeted(line)
        second = await program(log, NOWHERE)
        said = (await second.communicate())[1].decode().splitlines()
        assert (second.returncode, said) == (
            2,
            [f"error: {log}.state: another process is writing here; wait for it or stop it"],
        )
        await line.say(control("finished"))
        await line.hear()

    assert outcome(log, script, "--give-up", "0")[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(log, number):
    heard = []

    async def script(line):
        await greeted(line)
        heard.append((await line.hear()).action)

    async def interrupt(process):
        assert await process.stderr.readline() == b"ward-3 joined as agent 1\n"
        process.send_signal(number)

    code, printed, said, _ = outcome(log, script, act=interrupt)
    assert (code, printed, said, heard) == (130, ["ward-3: left"], [], ["leave"])
