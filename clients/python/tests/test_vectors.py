"""The published bytes and numbers of the protocol: this package gives the same."""

import pytest
from agreed import contract
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from vectors import tensor, vectors

from fedrl_agent.alias import alias_table
from fedrl_agent.frame import decode_frame, encode_frame
from fedrl_agent.key import proof_bytes
from fedrl_agent.learner import answer, decode_task, initial_table, step_size_at
from fedrl_agent.log import Replay
from fedrl_agent.messages import KINDS, decode_message
from fedrl_agent.stream import stream_of


@pytest.mark.parametrize("frame", vectors["frames"], ids=lambda frame: frame["title"])
def test_frame(frame):
    tensors = {name: tensor(kind, values) for name, kind, values in frame["tensors"]}
    data = bytes.fromhex(frame["hex"])
    assert encode_frame(frame["fields"], tensors) == data
    read = decode_frame(data)
    assert read.fields == frame["fields"]
    assert {name: (one.dtype, one.tolist()) for name, one in read.tensors.items()} == {
        name: (one.dtype, one.tolist()) for name, one in tensors.items()
    }


def test_every_kind_of_message_is_read_and_written_again():
    frames = [bytes.fromhex(frame["hex"]) for frame in vectors["frames"] if frame["fields"]["kind"] in KINDS]
    messages = [decode_message(frame) for frame in frames]
    assert [message.encode() for message in messages] == frames
    assert [message.KIND for message in messages] == list(KINDS)


def test_tensors_are_read_where_they_lie():
    frame = decode_frame(bytes.fromhex(vectors["frames"][0]["hex"]))
    assert not frame.tensors["table"].flags.owndata


def test_proof():
    proof = vectors["proof"]
    signed = proof_bytes(proof["session"], proof["name"], proof["server"], bytes.fromhex(proof["nonce"]))
    assert signed.hex() == proof["bytes"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(proof["secretKey"]))
    assert key.sign(signed).hex() == proof["signature"]
    assert key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex() == proof["publicKey"]


@pytest.mark.parametrize("given", vectors["streams"], ids=lambda one: f"{one['seed']}-{one['agent']}-{one['purpose']}")
def test_stream(given):
    stream = stream_of(given["seed"], given["agent"], given["purpose"])
    assert [stream.x, stream.y] == given["start"]
    assert [stream.word() for _ in given["words"]] == given["words"]
    assert [stream.uniform() for _ in given["uniforms"]] == given["uniforms"]


@pytest.mark.parametrize("given", vectors["alias"], ids=lambda one: f"{len(one['probability'])}-{one['thresholdBits']}")
def test_alias_table(given):
    law = alias_table(given["probability"], given["thresholdBits"])
    assert [list(law.threshold), list(law.alias)] == [given["threshold"], given["alias"]]
    assert [law.pick(word) for word in given["words"]] == given["outcomes"]


def test_initial_tables():
    given = vectors["initial"]
    tables = [initial_table(contract(initial=initial)).tolist() for initial in ("shared", "perAgent")]
    assert tables == [given["shared"], given["ofAgent1"]]


@pytest.mark.parametrize("given", vectors["stepSizes"], ids=lambda one: str(one["schedule"]))
def test_step_sizes(given):
    agreed = contract(step_size=given["schedule"], discount=given["discount"])
    assert [[n, step_size_at(agreed, n)] for n, _ in given["at"]] == given["at"]


def test_two_agents_on_logs_to_the_last_byte():
    given = vectors["logs"]
    logs = [Replay([(s, a, float(r), n, bool(t)) for s, a, r, n, t in log]) for log in given["logs"]]
    states = [0, 0]
    for round_ in given["rounds"]:
        for agent, log in enumerate(logs):
            agreed = contract(agent=agent, sync_period=given["contract"]["syncPeriod"])
            task = decode_task(bytes.fromhex(round_["task"]), agreed)
            frame = answer(agreed, task, log.steps(states[agent], task.steps, task.table))
            states[agent] = log.after(states[agent], task.steps)
            assert frame.hex() == round_["updates"][agent]
