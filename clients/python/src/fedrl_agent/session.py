"""The conversation of one agent over one connection, from its Hello to its end."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from fedrl_agent.errors import MalformedError, MismatchError
from fedrl_agent.experience import Experience, Source
from fedrl_agent.experiment import Contract, Invitation, contract_of
from fedrl_agent.journal import Journal
from fedrl_agent.kept import Kept, Offer, Run
from fedrl_agent.key import proof_bytes
from fedrl_agent.learner import QTask, answer, decode_task
from fedrl_agent.messages import (
    FAILURE_CODES,
    Ack,
    Challenge,
    Control,
    Failure,
    Hello,
    Message,
    Proof,
    Task,
    Update,
    Welcome,
    decode_message,
    reason_of,
)

T = TypeVar("T")

LOWEST = HIGHEST = 1
"""The versions of the protocol that this package speaks."""

_BEATS = 4
"""Pings in the time that either side may be silent."""

_FIRST_IDLE_SECONDS = 60
"""Until the Welcome says how long either side may be silent."""


@dataclass(frozen=True, slots=True)
class End:
    """Why a session ended: all runs are over, the line is gone or the server asks to come back, or it makes no sense to."""

    kind: Literal["finished", "away", "refused"]
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who takes part, and with what."""

    name: str
    experience: Experience
    key: Ed25519PrivateKey | None
    server: str
    """What the server is expected to be called."""
    client: str
    """What program this is, for the server."""
    journal: Callable[[str], Journal]
    """Gives the journal for the experiment with this identity."""
    note: Callable[[str], None]
    """Told what a person may want to know."""


@dataclass(slots=True)
class _Seat:
    """The place of an agent that has been welcomed."""

    index: int
    agents: int
    experiment: str
    most_bytes: int
    journal: Journal
    run: Run
    contract: Contract
    source: Source


class Session:
    """The conversation over one connection."""

    def __init__(self, socket: ClientConnection, agent: Agent, worker: Executor) -> None:
        """Work is done by `worker`, one thread, so that the connection stays alive meanwhile."""
        self._socket = socket
        self._agent = agent
        self._worker = worker
        self._seat: _Seat | None = None
        self._challenged = False
        self._idle_seconds = _FIRST_IDLE_SECONDS
        self._alive: asyncio.Task[None]
        self._unanswered: float | None = None
        """Since when an Update has waited for an Ack."""

    @property
    def is_welcome(self) -> bool:
        """Whether the agent has been welcomed."""
        return self._seat is not None

    async def talk(self) -> End:
        """Talk until the session ends. Raises InputError and what the journal raises."""
        self._alive = asyncio.create_task(self._stay_alive())
        try:
            await self._send(Hello(LOWEST, HIGHEST, self._agent.name, self._agent.client, 1))
            async for data in self._socket:
                end = await self._hear(data)
                if end is not None:
                    return end
        except ConnectionClosed:
            pass
        except MismatchError as error:
            await self._fail("mismatch", error.told)
            raise
        finally:
            self._alive.cancel()
        reason = self._socket.close_reason or "the connection was lost"
        return End("away", reason)

    async def leave(self) -> None:
        """Tell the server that the agent goes, for good or until it comes again."""
        if self._seat is None:
            return
        try:
            await self._socket.send(Control("leave", *self._seat.run, agents=None).encode())
        except ConnectionClosed:
            return

    async def _stay_alive(self) -> None:
        """Ping, and end a connection over which nothing comes back, or no Ack."""
        while True:
            await asyncio.sleep(self._idle_seconds / _BEATS)
            try:
                async with asyncio.timeout(self._idle_seconds):
                    await (await self._socket.ping())
            except ConnectionClosed:
                return
            except TimeoutError:
                await self._socket.close(reason="no sign of life from the server")
                return
            if self._unanswered is not None and time.monotonic() - self._unanswered > self._idle_seconds:
                await self._socket.close(reason="an update was not answered")
                return

    async def _send(self, message: Message) -> None:
        await self._socket.send(message.encode())

    async def _fail(self, code: str, reason: str) -> End:
        with contextlib.suppress(ConnectionClosed):
            await self._send(Failure(code, reason_of(reason), self._agent.name if self._seat else ""))
        return End("refused", reason, code)

    async def _hear(self, data: str | bytes) -> End | None:
        try:
            message = decode_message(data.encode() if isinstance(data, str) else data)
        except MalformedError as error:
            return await self._fail("malformed", str(error))
        match message:
            case Challenge():
                return await self._prove(message)
            case Welcome():
                return await self._take_seat(message)
            case Task():
                return await self._work(message)
            case Ack():
                self._learn(message)
                return None
            case Control():
                return await self._obey(message)
            case Failure(code=code, reason=reason):
                return End("away", f"{code}: {reason}") if FAILURE_CODES[code] else End("refused", reason, code)
        return await self._fail("unexpected", f"a {message.KIND} is not a server's to send")

    async def _prove(self, challenge: Challenge) -> End | None:
        agent = self._agent
        if self._seat is not None or self._challenged or challenge.name != agent.name:
            return await self._fail("unexpected", f"a challenge for {challenge.name}, who is not to be asked now")
        if not LOWEST <= challenge.version <= HIGHEST:
            return await self._fail("version", f"this agent speaks version {HIGHEST}, not {challenge.version}")
        if agent.key is None:
            return End(
                "refused",
                f"the server asks for the key of {agent.name}, who has none: give --key",
                "unauthorized",
            )
        self._challenged = True
        signed = proof_bytes(challenge.session, agent.name, agent.server, challenge.nonce)
        await self._send(Proof(challenge.session, agent.name, agent.key.sign(signed)))
        return None

    async def _take_seat(self, welcome: Welcome) -> End | None:
        agent = self._agent
        if self._seat is not None or welcome.name != agent.name:
            return await self._fail("unexpected", f"a welcome for {welcome.name}, who did not ask for it")
        if not LOWEST <= welcome.version <= HIGHEST:
            return await self._fail("version", f"this agent speaks version {HIGHEST}, not {welcome.version}")
        if welcome.experiment is None:
            return await self._fail("malformed", "a welcome without the experiment that was asked for")
        self._idle_seconds = welcome.idleSeconds
        self._alive.cancel()
        self._alive = asyncio.create_task(self._stay_alive())
        run = (welcome.variant, welcome.seed)
        journal = agent.journal(welcome.run)
        text = welcome.experiment.decode(errors="replace")
        self._seat = seat = await self._in_worker(
            lambda: self._seat_in(run, journal, text, welcome.agent, welcome.agents, welcome.maxBytes)
        )
        agent.note(f"{agent.name} joined as agent {welcome.agent}")
        kept = _kept_of(seat)
        if kept.base > welcome.round:
            raise MismatchError(
                f"the server is at phase {welcome.round} of a run in which {agent.name} was promised phase {kept.base - 1}: it was "
                f"set back to an older checkpoint, where {agent.name} cannot follow, or begins the same experiment again: "
                f"to take part in that, remove what {agent.name} kept"
            )
        for offer in kept.offers:
            if offer.ordinal <= welcome.round:
                await self._offer(seat, offer)
        return None

    def _seat_in(self, run: Run, journal: Journal, text: str, index: int, agents: int, most: int) -> _Seat:
        contract, source = self._joined(text, Invitation(*run, index, agents))
        seat = _Seat(index, agents, text, most, journal, run, contract, source)
        if journal.kept is not None and journal.kept.run == run:
            for news in journal.experience:
                source.restore(news)
        else:
            journal.begin(run)
        journal.experience = []
        return seat

    def _joined(self, text: str, invitation: Invitation) -> tuple[Contract, Source]:
        contract = contract_of(text, invitation)
        return contract, self._agent.experience.join(contract)

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    async def _offer(self, seat: _Seat, offer: Offer) -> None:
        variant, seed = seat.run
        data = Update(variant, seed, offer.ordinal, 0, seat.index, offer.frame).encode()
        if len(data) > seat.most_bytes:
            raise MismatchError(f"an update of {len(data)} bytes, and the server reads no more than {seat.most_bytes}")
        await self._socket.send(data)
        self._unanswered = self._unanswered or time.monotonic()

    async def _work(self, task: Task) -> End | None:
        seat = self._seat
        if seat is None:
            return await self._fail("unexpected", "a task before the welcome")
        after = task.round
        if task.agents is not None:
            places = [place for place, agent in enumerate(task.agents) if agent == seat.index]
            if not places:
                return await self._fail("unexpected", f"a task for agents {task.agents[:8].tolist()}, who are not here")
            after = task.round if task.after is None else int(task.after[places[0]])
        if (task.variant, task.seed) != seat.run:
            await self._begin(seat, (task.variant, task.seed))
        kept = _kept_of(seat)
        if task.round < kept.base:
            return None
        offer = kept.offer_at(task.round)
        if offer is None:
            offer = await self._in_worker(lambda: self._worked(seat, task, after))
        await self._offer(seat, offer)
        return None

    async def _begin(self, seat: _Seat, run: Run) -> None:
        """Begin a run from its first state."""
        invitation = Invitation(*run, seat.index, seat.agents)
        contract, source = await self._in_worker(lambda: self._joined(seat.experiment, invitation))
        seat.run, seat.contract, seat.source = run, contract, source
        seat.journal.begin(run)

    def _worked(self, seat: _Seat, message: Task, after: int) -> Offer:
        """Work on a Task; what comes of it is on disk when it returns."""
        kept, source = _kept_of(seat), seat.source
        state = kept.state_after(after)
        if state is None:
            raise MismatchError(
                f"the server asks {self._agent.name} to go on from phase {after - 1} of run {message.variant}, seed {message.seed}, "
                f"but what the agent kept ends with phase {kept.base - 1}"
            )
        task = _task_in(message, seat.contract)
        steps = source.steps(state, task.steps, task.table)
        frame = answer(seat.contract, task, steps)
        offer = Offer(message.round, source.after(state, task.steps), frame)
        seat.journal.keep(seat.run, offer, source.news())
        if seat.journal.is_long:
            seat.journal.shorten(source.whole())
        return offer

    def _learn(self, ack: Ack) -> None:
        seat = self._seat
        if seat is None or seat.index not in ack.agents:
            return
        self._unanswered = None
        if ack.status == "refused":
            self._agent.note(f"the server refused an update of {self._agent.name}: {ack.reason}")
        run = (ack.variant, ack.seed)
        if ack.status in ("received", "duplicate") or run != seat.run:
            return
        before = _kept_of(seat).base
        seat.journal.note(run, "durable" if ack.status == "durable" else "dropped", ack.round)
        kept = _kept_of(seat)
        if kept.base != before:
            seat.source.forget(kept.state)

    async def _obey(self, control: Control) -> End | None:
        seat = self._seat
        concerned = seat is not None and (control.agents is None or seat.index in control.agents)
        if control.action == "finished":
            return End("finished")
        if control.action == "stop":
            return End("away", "the server stops")
        if control.action == "next-run" and seat is not None and concerned:
            await self._begin(seat, (control.variant, control.seed))
        return None


def _kept_of(seat: _Seat) -> Kept:
    return seat.journal.kept or seat.journal.begin(seat.run)


def _task_in(message: Task, contract: Contract) -> QTask:
    try:
        task = decode_task(message.frame, contract)
    except MalformedError as error:
        raise MismatchError(f"the task does not fit the experiment: {error}") from error
    if task.round != message.round or message.phase != 0:
        raise MismatchError(f"the task of round {message.round} holds one of round {task.round}")
    return task
