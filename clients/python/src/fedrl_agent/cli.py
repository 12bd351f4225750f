"""The command line: `python -m fedrl_agent join URL --agent NAME (--logs FILE | --gym ID)`."""

import argparse
import asyncio
import json
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from fedrl_agent.errors import InputError, RefusedError, UnreachableError
from fedrl_agent.experience import Experience
from fedrl_agent.gym import Gym
from fedrl_agent.log import Log
from fedrl_agent.part import VERSION, state_folder, take_part

_DONE, _FAILED, _INPUT, _INTERRUPTED = 0, 1, 2, 130

_EXAMPLES = """examples:
  python -m fedrl_agent join ws://127.0.0.1:7070 --agent ward-3 --logs ward-3.csv
  python -m fedrl_agent join wss://host:7070 --agent lake-1 --key keys/lake-1.key --gym FrozenLake-v1

exit codes: 0 all runs are over, 1 failed, 2 something given is wrong, 130 interrupted (the same command goes on)"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("fedrl_agent", description="An agent of a fedrl federation.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    join = commands.add_parser(
        "join",
        help="take part in a federation",
        description="Take part in a federation until all its runs are over. What the agent experiences never leaves it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    join.add_argument("url", metavar="URL", help="of the server: wss://host:port, or ws:// on this machine")
    join.add_argument("--agent", required=True, metavar="NAME", help="1 to 64 letters, digits, - and _")
    source = join.add_mutually_exclusive_group(required=True)
    source.add_argument("--logs", metavar="FILE", help="learn from a log: state,action,reward,next_state,terminated")
    source.add_argument("--gym", metavar="ID", help="learn by acting in a Gymnasium environment with discrete spaces")
    join.add_argument("--gym-args", metavar="JSON", help='arguments of the environment, as in \'{"map_name": "8x8"}\'')
    join.add_argument("--key", metavar="FILE", help="the agent's private key, Ed25519, PKCS#8 in PEM")
    join.add_argument("--server", metavar="NAME", help="what the server calls itself, where URL does not say so")
    join.add_argument("--state", metavar="DIR", help="where the agent keeps its journal (default: .fedrl/NAME)")
    join.add_argument("--wait", metavar="S", type=_seconds, default=10.0, help="how long to try to join (10)")
    join.add_argument(
        "--give-up",
        metavar="S",
        type=_seconds,
        default=math.inf,
        help="how long, once in, to look for a server that is gone (default: for ever, it may be started again)",
    )
    join.add_argument("--tls-ca", metavar="FILE", help="certificates that are believed, PEM")
    join.add_argument("--insecure", action="store_true", help="talk to another machine without encryption")
    join.add_argument("--json", action="store_true", help="one JSON document on stdout, everything else on stderr")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _experience(flags: argparse.Namespace) -> Experience:
    if flags.gym_args is not None and flags.gym is None:
        raise InputError("--gym-args: expected --gym beside it")
    return _log(flags.logs) if flags.logs is not None else Gym(_environment(flags.gym, flags.gym_args))


def _log(path: str) -> Log:
    """Look for the log before a server gives the agent an index."""
    try:
        with Path(path).open("rb"):
            return Log(path)
    except OSError as error:
        raise InputError(f"{path}: the log cannot be read: {error.strerror}") from error


def _environment(name: str, arguments: str | None) -> Any:
    try:
        given = json.loads(arguments or "{}")
    except ValueError as error:
        raise InputError(f"--gym-args: expected JSON, got {arguments}") from error
    if not isinstance(given, dict):
        raise InputError(f"--gym-args: expected a JSON object, got {arguments}")
    try:
        import gymnasium  # noqa: PLC0415
    except ImportError as error:
        raise InputError("--gym: needs gymnasium: pip install 'fedrl-agent[gym]'") from error
    try:
        return gymnasium.make(name, **given)
    except (gymnasium.error.Error, TypeError, ValueError, KeyError, ModuleNotFoundError) as error:
        raise InputError(f"--gym: {name} cannot be made: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def _join(flags: argparse.Namespace) -> int:
    part = asyncio.create_task(
        take_part(
            flags.url,
            agent=flags.agent,
            experience=_experience(flags),
            key=flags.key,
            server=flags.server,
            state=flags.state,
            wait=flags.wait,
            give_up=flags.give_up,
            tls_ca=flags.tls_ca,
            insecure=flags.insecure,
            note=_note,
        )
    )
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            os._exit(_INTERRUPTED)
        interrupted = True
        part.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        await part
    except asyncio.CancelledError:
        if not interrupted:
            raise
    outcome = "left" if interrupted else "finished"
    if flags.json:
        print(json.dumps({"url": flags.url, "agents": [flags.agent], "outcome": outcome}))
    else:
        print(f"{flags.agent}: {'left' if interrupted else 'all runs are over'}")
    return _INTERRUPTED if interrupted else _DONE


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line; give the exit code. Raises SystemExit where it cannot be read."""
    flags = _parser().parse_args(arguments)
    try:
        return asyncio.run(_join(flags))
    except InputError as error:
        code, text = _INPUT, str(error)
    except RefusedError as error:
        code, text = _FAILED, f"{flags.url} refused {flags.agent} ({error.code}): {error}"
    except UnreachableError as error:
        code, text = _FAILED, _gone(flags, error)
    except OSError as error:
        code, text = _FAILED, f"the journal cannot be written: {error.strerror or error}"
    _note(f"error: {' '.join(text.split())}")
    if flags.json:
        print(json.dumps({"error": text, "exitCode": code}))
    return code


def _gone(flags: argparse.Namespace, error: UnreachableError) -> str:
    if not error.was_welcome:
        return f"{flags.url}: {error}"
    return (
        f"the server is gone: {error}; it was stopped, or all runs are over; {state_folder(flags.agent, flags.state)} keeps "
        "what a server may ask for, and the same command goes on"
    )


def main() -> NoReturn:
    """Run the program."""
    sys.exit(run(sys.argv[1:]))
