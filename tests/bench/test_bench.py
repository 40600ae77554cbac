"""The benchmark measures what it says: sizes, verdicts, complete answers, and a floor that changes no byte."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from tests.bench.bodies import agent_body, encoded, small_body
from tests.bench.figures import Figures
from tests.bench.load import Line, WrongAnswer, interleaved, many
from tests.bench.targets import Target, Upstream, relay
from tests.upstreams.threaded import ThreadedUpstream


def test_bodies_have_their_sizes() -> None:
    assert 900 <= len(encoded(small_body())) <= 1100
    assert 87_000 <= len(encoded(agent_body())) <= 89_000
    assert encoded(agent_body(True)) == encoded(agent_body(True))


def test_verdict_compares_the_router_with_its_bar_and_the_floor() -> None:
    figures = Figures()
    figures.add("relay", 5000, "rate", "requests/s", bar=3000, sense="least")
    assert figures.all["rate"].verdict == ""
    figures.add("agent-router", 2500, "rate", "requests/s")
    assert (figures.all["rate"].verdict, figures.all["rate"].of_floor) == ("MISS", 0.5)
    figures.add("agent-router", 90, "RSS", "MB", bar=100)
    assert figures.all["RSS"].verdict == "ok"


@pytest.mark.parametrize("words", ["status:code=500", "cut_after", "close_without_answer"])
def test_a_wrong_answer_is_never_counted(words: str) -> None:
    with ThreadedUpstream(words) as upstream:
        line = Line(Target("direct", upstream.upstream.port))
        with pytest.raises(WrongAnswer):
            line.ask(Target("direct", 0).request(encoded(small_body(True))))
        line.close()


def test_the_floor_relays_every_byte_and_the_load_is_counted(tmp_path: Path) -> None:
    upstream = Upstream.make()
    with upstream.running(tmp_path / "upstream.log", core=None):
        floor = relay(upstream)
        with floor.running(tmp_path / "relay.log", core=None) as seconds:
            assert seconds > 0
            for stream in (False, True):
                body = encoded(small_body(stream))
                headers = {"content-type": "application/json"}
                answers = []
                for port in (upstream.port, floor.port):
                    url = f"http://127.0.0.1:{port}/v1/chat/completions"
                    request = urllib.request.Request(url, body, headers)
                    with urllib.request.urlopen(request) as answer:
                        answers.append(answer.read())
                assert answers[0] == answers[1]
            bodies = [encoded(small_body(True))] * 2
            direct, relayed = interleaved([upstream, floor], bodies, rounds=20)
            assert len(direct.whole) == len(relayed.whole) == 20
            assert all(first <= whole for first, whole in zip(relayed.first_byte, relayed.whole, strict=True))
            sent, received = floor.sent, upstream.count()
            rate = many(floor, bodies[0], connections=8, most=100)
            assert (rate.requests, floor.sent - sent, upstream.count() - received) == (100, 100, 100)
