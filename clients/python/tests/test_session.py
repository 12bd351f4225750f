"""The agent against a server that says what a test tells it to: every rule of a session."""

import asyncio
import datetime
import ssl

import numpy as np
import pytest
from agreed import LOG
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fake import CHALLENGE, SESSION, ack, control, failure, server, task, welcome

from fedrl_agent import InputError, Log, MismatchError, RefusedError, UnreachableError, take_part
from fedrl_agent.frame import encode_frame
from fedrl_agent.key import proof_bytes, read_key, server_name
from fedrl_agent.messages import Task


@pytest.fixture
def part(tmp_path):
    """Take part as ward-3 with a log."""
    log = tmp_path / "own.csv"
    log.write_text(LOG)

    async def take(url, **more):
        usual = {"agent": "ward-3", "experience": Log(log), "state": tmp_path / "state", "wait": 0}
        await take_part(url, **{**usual, **more})

    return take


async def finish(line):
    await line.say(control("finished"))
    assert await line.hear() is None


async def greeted(line, message=None):
    hello = await line.hear()
    assert (hello.KIND, hello.name, hello.lowest, hello.highest, hello.experiment) == ("hello", "ward-3", 1, 1, 1)
    await line.say(message or welcome())


def run(part, *scripts, **more):
    async def both():
        async with server(*scripts) as url:
            await part(url, **more)

    asyncio.run(both())


def test_rounds_from_hello_to_the_end(part):
    async def script(line):
        await greeted(line)
        await line.say(task(0))
        first = await line.hear()
        assert (first.KIND, first.round, first.agent) == ("update", 0, 1)
        await line.say(ack(0, "received"), ack(0, "durable"), task(1, after=1))
        assert (await line.hear()).round == 1
        await line.say(ack(1, "durable"), control("next-run", seed=2), task(0, after=0, seed=2))
        again = await line.hear()
        assert (again.seed, again.frame) == (2, first.frame)
        await finish(line)

    run(part, script)


def test_offers_are_kept_and_sent_again_and_a_task_is_answered_with_the_same_bytes(part):
    sent = []

    async def cut(line):
        await greeted(line)
        await line.say(task(0), task(1, after=1, value=0.5))
        sent.extend([await line.hear(), await line.hear()])

    async def back_at_the_first(line):
        await greeted(line, welcome(0))
        assert (await line.hear()).frame == sent[0].frame
        await line.say(task(0), task(1, after=1, value=0.5))
        assert [(await line.hear()).frame, (await line.hear()).frame] == [one.frame for one in sent]

    async def beyond(line):
        await greeted(line, welcome(2))
        assert [(await line.hear()).round, (await line.hear()).round] == [0, 1]
        await line.say(ack(0, "durable"), ack(1, "duplicate"), task(0), task(1, after=1))
        # an old copy is not answered
        assert (await line.hear()).round == 1
        await finish(line)

    run(part, cut, back_at_the_first, beyond)


def test_experience_of_an_update_that_was_not_folded_is_used_again(part):
    async def script(line):
        await greeted(line)
        await line.say(task(0))
        first = (await line.hear()).frame
        await line.say(ack(0, "late", "its round has closed"), task(1, after=0))
        second = (await line.hear()).frame
        assert second != first
        await line.say(ack(1, "refused", "a reason"), task(2, after=0))
        third = (await line.hear()).frame
        # the round's number apart, the same: the same steps from the same table
        assert second.replace(b"\xa5round\x01", b"\xa5round\x02") == third
        await finish(line)

    notes = []
    run(part, script, note=notes.append)
    assert notes == ["ward-3 joined as agent 1", "the server refused an update of ward-3: a reason"]


def test_a_state_that_the_agent_does_not_have(part):
    async def script(line):
        await greeted(line, welcome(5))
        await line.say(task(5, after=5))
        said = await line.hear()
        assert (said.KIND, said.code) == ("failure", "mismatch")

    with pytest.raises(
        MismatchError, match="asks ward-3 to go on from phase 4 of run 0, seed 1, but .* ends with phase -1"
    ):
        run(part, script)


def test_a_server_that_was_set_back(part):
    async def first(line):
        await greeted(line)
        await line.say(task(0))
        await line.hear()
        await line.say(ack(0, "durable"), task(1, after=1))
        await line.hear()

    async def second(line):
        await greeted(line, welcome(0))
        assert (await line.hear()).code == "mismatch"

    with pytest.raises(MismatchError, match="in which ward-3 was promised phase 0: it was set back"):
        run(part, first, second)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (task(0, after=0), "unexpected"),
        (control("finished"), None),
        (CHALLENGE, None),
        (welcome(name="other"), "unexpected"),
        (welcome(version=2), "version"),
        (welcome(experiment=None), "malformed"),
    ],
)
def test_what_a_server_may_not_say_first(part, message, code):
    async def script(line):
        await line.hear()
        await line.say(message)
        answer = await line.hear()
        assert (answer and answer.code) == code

    if message.KIND == "control":
        run(part, script)
    else:
        with pytest.raises(RefusedError) as refused:
            run(part, script)
        assert refused.value.code == (code or "unauthorized")


def test_bytes_that_are_no_message(part):
    async def script(line):
        await line.hear()
        await line.socket.send(b"FRDL")
        assert (await line.hear()).code == "malformed"

    with pytest.raises(RefusedError):
        run(part, script)


@pytest.mark.parametrize("code", ["version", "unauthorized", "revoked", "mismatch", "too-large", "replaced"])
def test_failures_after_which_it_makes_no_sense_to_come_back(part, code):
    async def script(line):
        await greeted(line, failure(code))

    with pytest.raises(RefusedError, match="a reason") as refused:
        run(part, script)
    assert refused.value.code == code


def test_failures_after_which_it_comes_back_later_and_later(part, monkeypatch):
    pauses = []
    sleep = asyncio.sleep

    async def quick(seconds):
        pauses.append(seconds)
        await sleep(0 if seconds < 60 / 4 else seconds)

    monkeypatch.setattr("fedrl_agent.part.asyncio.sleep", quick)

    def away(code):
        async def script(line):
            await greeted(line, failure(code))

        return script

    async def end(line):
        await greeted(line)
        await finish(line)

    codes = ["timeout", "name-taken", "full", "rate", "stopping", "internal", "internal"]
    run(part, *map(away, codes), end, wait=60)
    assert [pause for pause in pauses if pause < 15] == [0.25, 0.5, 1, 2, 4, 8, 10]


def test_nobody_there(part):
    with pytest.raises(UnreachableError, match="cannot connect") as gone:
        asyncio.run(part("ws://127.0.0.1:1"))
    assert not gone.value.was_welcome


def test_a_server_that_is_gone_is_given_up_when_told_so(part, monkeypatch):
    now = 0.0
    monkeypatch.setattr("fedrl_agent.part.now", lambda: now)

    async def sleep(seconds, sleep=asyncio.sleep):
        nonlocal now
        now += seconds if seconds < 15 else 0
        await sleep(0 if seconds < 15 else seconds)

    monkeypatch.setattr("fedrl_agent.part.asyncio.sleep", sleep)

    async def away(line):
        await greeted(line, failure("stopping"))

    async def welcomed(line):
        nonlocal now
        await greeted(line)
        now += 100

    said = []
    scripts = [away, welcomed, welcomed, away, away, away, away]
    with pytest.raises(UnreachableError) as gone:
        run(part, *scripts, wait=5, give_up=3, note=said.append)
    assert gone.value.was_welcome
    # twice in, for longer than it looks for a server; then turned away after 0.25, 0.75 and 1.75 s, and given up after 3.75
    assert said.count("ward-3 joined as agent 1") == 2
    assert len(said) == 2 + 6


def test_of_two_with_one_folder_the_first_goes_on(part):
    async def script(line):
        await greeted(line)
        with pytest.raises(InputError, match="state: another process is writing here"):
            await part("ws://127.0.0.1:1")
        await finish(line)

    run(part, script, give_up=0)


def test_an_environment_of_another_size_is_told_to_the_server(part, tmp_path):
    log = tmp_path / "other.csv"
    log.write_text(LOG + "3,0,0,0,0\n")

    async def script(line):
        await greeted(line)
        said = await line.hear()
        assert (said.code, said.reason) == (
            "mismatch",
            "what the agent learns from does not fit the experiment in line 7: state",
        )

    with pytest.raises(MismatchError, match=r"other.csv:7: state: expected an integer in \[0, 3\), got '3'"):
        run(part, script, experience=Log(log))


def test_a_log_that_is_gone_is_told_to_the_server_without_its_place(part, tmp_path):
    async def script(line):
        await greeted(line)
        assert (await line.hear()).reason == "a file that the agent needs cannot be read where it is"

    with pytest.raises(MismatchError, match=r"gone.csv: the log cannot be read: No such file"):
        run(part, script, experience=Log(tmp_path / "gone.csv"))


def test_leaving(part):
    joined = asyncio.Queue()

    async def script(line):
        await greeted(line)
        await line.say(task(0))
        await line.hear()
        await joined.put(True)
        said = await line.hear()
        assert (said.KIND, said.action, said.variant, said.seed) == ("control", "leave", 0, 1)

    async def both():
        async with server(script) as url:
            agent = asyncio.create_task(part(url))
            await joined.get()
            agent.cancel()
            with pytest.raises(asyncio.CancelledError):
                await agent

    asyncio.run(both())


def test_an_update_longer_than_the_server_reads(part):
    async def script(line):
        await greeted(line, welcome(maxBytes=1024, experiment=BIG.encode()))
        await line.say(Task(0, 1, 0, 0, 4, None, None, big_task()))
        assert "the server reads no more than 1024" in (await line.hear()).reason

    with pytest.raises(MismatchError):
        run(part, script)


BIG = """
environment: { states: 100, actions: 2, discount: 0.9, rewardRange: [0, 1] }
agents: { count: 2, experience: own }
algorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 4, steps: 400, initial: perAgent }
"""


def big_task():
    return encode_frame({"kind": "q-task", "round": 0, "step": 0, "steps": 4}, {"table": np.zeros(200)})


def pem(key, mode=0o600, path=None):
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(mode)
    return path


def test_it_proves_who_it_is_to_the_server_that_it_dialled(part, tmp_path):
    key = Ed25519PrivateKey.generate()

    async def script(line):
        await line.hear()
        await line.say(CHALLENGE)
        proof = await line.hear()
        assert (proof.KIND, proof.session, proof.name) == ("proof", SESSION, "ward-3")
        port = line.socket.local_address[1]
        signed = proof_bytes(SESSION, "ward-3", f"ws://127.0.0.1:{port}", CHALLENGE.nonce)
        key.public_key().verify(proof.signature, signed)
        await line.say(CHALLENGE)
        assert (await line.hear()).code == "unexpected"

    with pytest.raises(RefusedError):
        run(part, script, key=pem(key, path=tmp_path / "ward-3.key"))


def test_it_proves_who_it_is_to_the_server_that_it_was_told_to_expect(part, tmp_path):
    key = Ed25519PrivateKey.generate()

    async def script(line):
        await line.hear()
        await line.say(CHALLENGE)
        proof = await line.hear()
        signed = proof_bytes(SESSION, "ward-3", "wss://fed.example:7070", CHALLENGE.nonce)
        key.public_key().verify(proof.signature, signed)
        await line.say(welcome())
        await finish(line)

    run(part, script, key=pem(key, path=tmp_path / "ward-3.key"), server="wss://fed.example:7070")


def test_keys_that_are_refused(tmp_path):
    key = Ed25519PrivateKey.generate()
    with pytest.raises(InputError, match=r"others may read this key \(mode 640\)"):
        read_key(pem(key, 0o640, tmp_path / "open.key"))
    with pytest.raises(InputError, match="expected an Ed25519 key, got EC"):
        read_key(pem(ec.generate_private_key(ec.SECP256R1()), 0o600, tmp_path / "other.key"))
    with pytest.raises(InputError, match="No such file"):
        read_key(tmp_path / "none.key")
    (tmp_path / "text.key").touch(0o600)
    with pytest.raises(InputError, match="as PKCS#8 in PEM"):
        read_key(tmp_path / "text.key")


def test_names_of_servers():
    assert server_name("wss://Fed.Example/path") == "wss://fed.example:443"
    assert server_name("ws://[::1]:7070") == "ws://[::1]:7070"
    assert server_name("wss://[0:0:0:0:0:0:0:1]:7070") == "wss://[::1]:7070"
    assert server_name("wss://[::FFFF:127.0.0.1]:7070") == "wss://[::ffff:7f00:1]:7070"
    assert server_name("wss://[1:0:0:2:0:0:0:3]:7070") == "wss://[1:0:0:2::3]:7070"
    assert server_name("wss://127.1:7070") == "wss://127.0.0.1:7070"
    with pytest.raises(InputError, match=r"got 1\.2\.3\.256"):
        server_name("wss://1.2.3.256:7070")
    assert server_name("wss://K\u00f6ln.Example") == "wss://xn--kln-sna.example:443"


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("ws://10.0.0.1:7070", {}, "not encrypted and not on this machine"),
        ("ws://example.org", {}, "not encrypted and not on this machine"),
        ("http://127.0.0.1", {}, "expected the address of a server"),
        ("ws://127.0.0.1:99999", {}, "expected the address of a server"),
        ("ws://127.0.0.1:1", {"agent": "no name"}, "expected a name of 1 to 64"),
        ("ws://127.0.0.1:1", {"tls_ca": "a.pem"}, "expected a wss: address"),
        ("wss://127.0.0.1:1", {"tls_ca": "/nowhere.pem"}, "/nowhere.pem: expected certificates in PEM"),
    ],
)
def test_what_is_refused_before_anything_is_sent(part, url, more, said):
    with pytest.raises(InputError, match=said):
        asyncio.run(part(url, **more))


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    pem(key, path=folder / "cert.key")
    return folder / "cert.pem", folder / "cert.key"


def test_tls_with_a_certificate_of_ones_own(part, tmp_path):
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    async def script(line):
        await greeted(line)
        await finish(line)

    async def both():
        async with server(script, ssl=context) as url:
            with pytest.raises(UnreachableError, match="certificate verify failed"):
                await part(url)
            await part(url, tls_ca=cert)

    asyncio.run(both())


def test_a_server_that_falls_silent_is_left(part):
    async def silent(line):
        await greeted(line, welcome(idleSeconds=1))
        await line.say(task(0))
        assert (await line.hear()).round == 0
        # an update without an answer
        assert await line.hear() is None

    async def answering(line):
        await greeted(line)
        assert (await line.hear()).round == 0
        await line.say(ack(0, "received"))
        await finish(line)

    run(part, silent, answering)
