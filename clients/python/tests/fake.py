"""A server that says what a test tells it to."""

import asyncio
import contextlib

import numpy as np
from agreed import EXPERIMENT
from websockets.asyncio.server import serve

from fedrl_agent.frame import encode_frame
from fedrl_agent.messages import Ack, Challenge, Control, Failure, Task, Welcome, decode_message

RUN = "0123456789abcdef" * 4
SESSION = "00112233445566778899aabbccddeeff"
CHALLENGE = Challenge(1, SESSION, "ward-3", "wss://elsewhere:1", bytes(range(32)))


def welcome(round_=0, **more):
    """Welcome ward-3 as agent 1 of 2."""
    usual = {
        "version": 1,
        "session": SESSION,
        "name": "ward-3",
        "agent": 1,
        "agents": 2,
        "run": RUN,
        "variant": 0,
        "seed": 1,
        "round": round_,
        "phase": 0,
        "maxBytes": 1 << 20,
        "idleSeconds": 60,
        "experiment": EXPERIMENT.encode(),
    }
    return Welcome(**{**usual, **more})


def task(round_, after=None, value=0.0, seed=1, steps=4):
    """Ask agent 1 for a round, from the state of that round unless told."""
    table = {"table": np.full(6, value)}
    frame = encode_frame({"kind": "q-task", "round": round_, "step": 4 * round_, "steps": steps}, table)
    asked = None if after is None else np.array([1], np.uint32)
    return Task(0, seed, round_, 0, 4, asked, None if after is None else np.array([after], np.uint32), frame)


def ack(round_, status, reason="", seed=1):
    """Answer the Update of a round."""
    return Ack(0, seed, round_, 0, status, reason, np.array([1], np.uint32))


def control(action, seed=1):
    """Tell everybody."""
    return Control(action, 0, seed, None)


def failure(code, reason="a reason"):
    """End the connection."""
    return Failure(code, reason, "")


class Line:
    """The server's end of a connection."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, *messages):
        for message in messages:
            await self.socket.send(message.encode())

    async def hear(self):
        """Give the next message of the agent; None where the connection has ended."""
        with contextlib.suppress(Exception):
            return decode_message(await asyncio.wait_for(self.socket.recv(), 10))


@contextlib.asynccontextmanager
async def server(*scripts, ssl=None):
    """Serve one connection by each script, in order; give the address, and what went wrong in a script."""
    left, faults = list(scripts), []

    async def carry_out(socket):
        try:
            await left.pop(0)(Line(socket))
        except Exception as error:
            faults.append(error)

    async with serve(carry_out, "127.0.0.1", 0, ssl=ssl) as running:
        port = running.sockets[0].getsockname()[1]
        yield f"{'ws' if ssl is None else 'wss'}://{'127.0.0.1' if ssl is None else 'localhost'}:{port}"
    assert faults == []
    assert left == []
