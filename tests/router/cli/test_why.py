"""`agent-router why`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_router.config import LEDGER
from agent_telemetry.ledger import Ledger
from agent_telemetry.outcome import Outcome
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord
from tests.router.cli.command import Command

DECISION = (
    '{"verified":"schema","held_ms":12.0,"expected_s":0.4,"rung":"canary","threshold":0.9,"explore":1.0,"model":"pocket",'
    '"seen":31,"mean":0.93,"lower":0.85,"upper":0.97,"score":0.92,"evidence":24.5}'
)


@pytest.fixture
def ledger(home: Path) -> Path:
    """A ledger with a call whose local answer was refused, and one whose model was named."""
    path = home / "data" / LEDGER
    ledger = Ledger(path)
    now = datetime.now(UTC)
    call = UsageRecord(
        source="proxy",
        key="aa01",
        time=now,
        agent="openclaw",
        family="title-0a1b2c3d",
        requested_model="auto",
        model="gpt-5.4",
        provider="openai",
        route="closed",
        reason="canary: 0.93 on 24 outcomes; local answer refused: schema",
        propensity=0.2,
        billed=1234,
        latency_ms=840.0,
        decision=DECISION,
    )
    ledger.record(call)
    ledger.record(UsageRecord(source="proxy", key="ab02", time=now, requested_model="gpt-5.4", reason="model named"))
    attempt = Trial(
        call="aa01",
        time=now,
        purpose="attempt",
        provider="local",
        model="pocket",
        problem="schema",
        output=9,
        seconds=0.2,
    )
    ledger.record(attempt)
    ledger.record(Outcome(call="aa01", time=now, route="local", signal="verified", good=0.0, f1=0.99, f0=0.6))
    ledger.close()
    return path


def test_it_says_all_that_is_known_of_a_request(run: Command, ledger: Path) -> None:
    out = run("why", "aa01").out
    for said in (
        "openclaw asked for auto; gpt-5.4 at openai answered (closed, ok).",
        "Its family is title-0a1b2c3d, seen 31 times until then.",
        "Why: canary: 0.93 on 24 outcomes; local answer refused: schema.",
        "On the ladder: canary; the local model's success is put at 0.93 (0.85 to 0.97, 95 %) on 24.5 outcomes; "
        "0.90 is needed.",
        "a probability of 0.20",
        "refused before a byte was released: schema, held back for 12 ms.",
        "First pocket at local answered, and was refused: schema (0.2 s, 9 tokens).",
        "Learnt of the local answer: verified, good 0.00",
        "What it cost was $0.001234; it took 0.84 s.",
    ):
        assert said in out


def test_as_json(run: Command, ledger: Path) -> None:
    found = run("why", "aa", "--json").json
    assert (found["id"], found["decision"]["rung"], found["trials"][0]["problem"]) == ("aa01", "canary", "schema")
    assert found["outcomes"][0]["signal"] == "verified"
    assert found["sentences"]


def test_the_last_one_is_meant_where_none_is_named(run: Command, ledger: Path) -> None:
    assert run("why", "--json").json["id"] == "ab02"
    assert run("why", "chatcmpl-arab02", "--json").json["id"] == "ab02"


def test_what_is_wrong_is_said(run: Command, home: Path, ledger: Path) -> None:
    ran = run("why", "a")
    assert ran.status == 1
    assert "Several requests begin with 'a'" in ran.err
    assert "There is no such request" in run("why", "zz", "--json").json["error"]


def test_before_the_first_request(run: Command, home: Path) -> None:
    ran = run("why")
    assert ran.status == 1
    assert "No request has passed through the router yet" in ran.err.replace("\n", " ")
