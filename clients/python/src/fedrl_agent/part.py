"""Taking part: an agent connects, talks, and connects again, until all runs are over or it is told to leave."""

import asyncio
import contextlib
import ipaddress
import math
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic as now
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI

from fedrl_agent.errors import InputError, RefusedError, UnreachableError
from fedrl_agent.experience import Experience
from fedrl_agent.journal import Journals, held
from fedrl_agent.key import read_key, server_name
from fedrl_agent.messages import is_agent_name
from fedrl_agent.session import Agent, End, Session

VERSION = "0.1.0"

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0
"""From a lost connection to the next attempt: so long at first, then twice as long each time, up to the longest; seconds."""

_OPEN_SECONDS = 10
_MOST_BYTES = 2**32 - 1


async def take_part(
    url: str,
    *,
    agent: str,
    experience: Experience,
    key: str | Path | None = None,
    server: str | None = None,
    state: str | Path | None = None,
    wait: float = 10,
    give_up: float = math.inf,
    tls_ca: str | Path | None = None,
    insecure: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> None:
    """Take part in a federation until all its runs are over.

    The agent leaves, and may come again, when the task that runs this is cancelled.

    :param url: of the server, `wss://host:port`, or `ws://` on this machine
    :param agent: its name, 1 to 64 letters, digits, - and _
    :param experience: what it learns from, a `Log` or a `Gym`
    :param key: file of its Ed25519 key, PKCS#8 in PEM, where the server asks for one
    :param server: what the server calls itself, where that is not scheme, host and port of `url`
    :param state: folder of its journal, `.fedrl/<agent>` by default; one process at a time has it
    :param wait: seconds until it gives up where no server takes it in
    :param give_up: once welcomed, seconds until it gives up where a server is gone; for ever by default, it may be started again
    :param tls_ca: certificates that are believed, PEM, where the system's are not enough
    :param insecure: talk to another machine without encryption
    :param note: told what a person may want to know, a line at a time
    :raises InputError: where something given is wrong or does not fit the experiment
    :raises RefusedError: where the server does not want the agent
    :raises UnreachableError: where no server took it in within `wait`, or again within `give_up`
    """
    if not is_agent_name(agent):
        raise InputError(f"expected a name of 1 to 64 letters, digits, - and _, got {agent!r}")
    context = _security(url, tls_ca, insecure)
    signer = None if key is None else read_key(Path(key))
    dialled = server or server_name(url)
    # held before anything is said: a second process must not take the place of the first one and fail then
    with held(state_folder(agent, state)) as folder, contextlib.closing(Journals(folder)) as journals:
        who = Agent(
            name=agent,
            experience=experience,
            key=signer,
            server=dialled,
            client=f"fedrl-agent {VERSION} (Python)",
            journal=journals.of,
            note=note,
        )
        worker = ThreadPoolExecutor(1, "fedrl-agent")
        try:
            await _until_over(lambda: _connected(url, context), who, worker, wait, give_up)
        finally:
            await asyncio.to_thread(worker.shutdown, cancel_futures=True)
        journals.clear()


def state_folder(agent: str, state: str | Path | None) -> Path:
    """Tell where an agent keeps its journal, told or not."""
    return Path(".fedrl", agent) if state is None else Path(state)


def _security(url: str, tls_ca: str | Path | None, insecure: bool) -> ssl.SSLContext | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"expected the address of a server, as in wss://host:7070, got {url}: {error}") from error
    if parts.scheme not in ("ws", "wss") or not host:
        raise InputError(f"expected the address of a server, as in wss://host:7070, got {url}")
    if parts.scheme == "ws":
        if tls_ca is not None:
            raise InputError(f"--tls-ca: expected a wss: address beside it, got {url}")
        if not (insecure or is_loopback(host)):
            raise InputError(
                f"{url} is not encrypted and not on this machine: anybody on the way could read and change what is sent; "
                "expected wss:, or --insecure where that is what you want"
            )
        return None
    try:
        return ssl.create_default_context(cafile=tls_ca)
    except OSError as error:
        raise InputError(f"{tls_ca}: expected certificates in PEM: {error.strerror or error}") from error


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can be meant by a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


async def _connected(url: str, context: ssl.SSLContext | None) -> ClientConnection:
    """Connect. Raises OSError, TimeoutError, and InvalidHandshake where the server is no such server."""
    return await connect(
        url,
        ssl=context,
        compression=None,
        max_size=_MOST_BYTES,
        open_timeout=_OPEN_SECONDS,
        ping_interval=None,
        proxy=None,
    )


async def _until_over(
    dial: Callable[[], Awaitable[ClientConnection]],
    agent: Agent,
    worker: ThreadPoolExecutor,
    wait: float,
    give_up: float,
) -> None:
    give_up_at = now() + wait
    was_welcome, pause = False, _FIRST_PAUSE
    while True:
        end, is_welcome = await _attempt(dial, agent, worker)
        if end.kind == "refused":
            raise RefusedError(end.code, end.reason)
        if end.kind == "finished":
            return
        was_welcome = was_welcome or is_welcome
        if is_welcome:
            give_up_at = now() + give_up
        if now() >= give_up_at:
            raise UnreachableError(end.reason, was_welcome)
        agent.note(f"not connected: {end.reason}; trying again")
        pause = _FIRST_PAUSE if is_welcome else pause
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _attempt(
    dial: Callable[[], Awaitable[ClientConnection]], agent: Agent, worker: ThreadPoolExecutor
) -> tuple[End, bool]:
    """Connect, and talk until the session ends."""
    try:
        socket = await dial()
    except InvalidURI as error:
        raise InputError(str(error)) from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        return End("away", f"cannot connect: {_reason(error)}"), False
    session = Session(socket, agent, worker)
    try:
        end = await session.talk()
    except asyncio.CancelledError:
        await session.leave()
        raise
    finally:
        await socket.close(reason="the agent goes")
    return end, session.is_welcome


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_OPEN_SECONDS} s"
    return str(error) or type(error).__name__
