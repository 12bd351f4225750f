"""The journal: whatever instant the agent is killed at, what it has sent is kept."""

import shutil
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrl_agent.errors import InputError
from fedrl_agent.journal import Journal, held
from fedrl_agent.kept import Kept, Offer

RUN = (1, 2**40)


def offer(ordinal):
    return Offer(ordinal, 10 * ordinal + 10, bytes([ordinal]) * 5)


def test_cut_at_any_byte_it_gives_what_was_whole(tmp_path):
    path = tmp_path / "one.journal"
    journal = Journal(path)
    seen = {0: None}
    for ordinal in range(3):
        journal.keep(RUN, offer(ordinal), [ordinal])
        seen[path.stat().st_size] = (journal.kept, [[i] for i in range(ordinal + 1)])
        if ordinal == 1:
            journal.note(RUN, "durable", 0)
    journal.close()
    data = path.read_bytes()
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        again = Journal(path)
        whole = max(size for size in seen if size <= length)
        if seen[whole] is None:
            assert again.kept is None
        elif whole == len(data):
            assert again.kept == Kept(RUN, 1, 10, (offer(1), offer(2)))
        else:
            kept, experience = seen[whole]
            assert again.kept in (kept, kept.durable(0))
            assert again.experience == experience
        again.keep(RUN, offer(4), None)
        again.close()
        reopened = Journal(path)
        assert reopened.kept.offer_at(4) == offer(4)
        reopened.close()


def test_a_bit_that_flips_ends_it_there(tmp_path):
    path = tmp_path / "one.journal"
    journal = Journal(path)
    journal.keep(RUN, offer(0), None)
    size = path.stat().st_size
    journal.keep(RUN, offer(1), None)
    journal.close()
    data = bytearray(path.read_bytes())
    data[size + 12] ^= 1
    path.write_bytes(data)
    again = Journal(path)
    assert again.kept == Kept(RUN, 0, 0, (offer(0),))
    assert path.stat().st_size == size
    again.close()


def test_shortened_it_says_the_same(tmp_path):
    path = tmp_path / "one.journal"
    journal = Journal(path)
    for ordinal in range(4):
        journal.keep(RUN, offer(ordinal), [ordinal])
    journal.note(RUN, "durable", 1)
    journal.note(RUN, "dropped", 2)
    journal.shorten("all of it")
    kept = journal.kept
    journal.keep(RUN, offer(4), "more")
    journal.close()
    again = Journal(path)
    assert again.kept == kept.offered(offer(4)) == Kept(RUN, 2, 20, (offer(3), offer(4)))
    assert again.experience == ["all of it", "more"]
    again.clear()
    again.close()
    empty = Journal(path)
    assert empty.kept is None
    empty.close()


def test_one_process_at_a_time(tmp_path):
    folder = tmp_path / "new" / "state"
    with held(folder):
        with pytest.raises(InputError, match="state: another process is writing here"), held(folder):
            pass
        with held(tmp_path / "other"):
            pass
    with held(folder):
        pass


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"), held(tmp_path / "file" / "state"):
        pass
    with pytest.raises(InputError, match="file"):
        Journal(tmp_path / "file" / "one.journal")


WRITER = """
import sys
from pathlib import Path
from fedrl_agent.journal import Journal
from fedrl_agent.kept import Offer
journal = Journal(Path(sys.argv[1]))
for ordinal in range(10**9):
    journal.keep((0, 1), Offer(ordinal, ordinal + 1, b"x" * 5000), [ordinal])
    print(ordinal, flush=True)
    if ordinal % 3 == 2:
        journal.note((0, 1), "durable", ordinal)
    if journal.is_long:
        journal.shorten([ordinal])
"""


def test_killed_it_has_what_it_said_it_has(tmp_path):
    for attempt in range(5):
        path = tmp_path / str(attempt) / "one.journal"
        path.parent.mkdir()
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(100 * attempt + 1):
            last = process.stdout.readline()
        time.sleep(0.003 * attempt)
        process.kill()
        last = ([last, *process.stdout.read().splitlines()])[-1]
        process.wait()
        process.stdout.close()
        journal = Journal(path)
        assert journal.kept.base - 1 >= int(last) or journal.kept.offer_at(int(last)) is not None
        journal.close()
        shutil.rmtree(path.parent)


changes = st.lists(st.tuples(st.sampled_from(["offer", "durable", "dropped"]), st.integers(0, 9)), max_size=30)


@given(changes)
def test_what_is_kept_never_goes_back_and_every_state_it_names_is_there(changes):
    kept = Kept(RUN)
    for what, ordinal in changes:
        before = kept
        if what == "offer" and ordinal >= kept.base:
            kept = kept.offered(offer(ordinal))
        elif what != "offer":
            kept = kept.durable(ordinal) if what == "durable" else kept.dropped(ordinal)
        assert kept.base >= before.base
        assert [one.ordinal for one in kept.offers] == sorted({one.ordinal for one in kept.offers})
        assert all(one.ordinal >= kept.base for one in kept.offers)
        assert kept.state_after(kept.base) == (10 * kept.base if kept.base else 0)
        for one in kept.offers:
            assert kept.state_after(one.ordinal + 1) in (one.state, kept.state)
        assert kept.state_after(99) is None
