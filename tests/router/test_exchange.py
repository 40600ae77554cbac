"""What a request's row and headers say."""

from __future__ import annotations

from agent_models.completion import Usage
from agent_router.exchange import Exchange
from agent_router.routing.decision import Decision, Target
from agent_router.upstreams.reply import Observed


def exchange() -> Exchange:
    made = Exchange()
    made.decision = Decision((Target("openai", "gpt-5.4"),), "family is not listed local", 0.5)
    made.target = made.decision.targets[0]
    return made


def test_the_row_holds_what_was_observed() -> None:
    made = exchange()
    made.observed = Observed(
        "gpt-5.4-2026", Usage(input=3, output=5, cache_read=7, cache_write=1, reasoning=2, cache_write_1h=1)
    )
    made.place = "hosted"
    row = made.record()
    assert (row.source, row.key, row.model, row.provider) == ("proxy", made.id, "gpt-5.4-2026", "openai")
    assert (row.input, row.cache_read, row.cache_write, row.output, row.reasoning) == (3, 7, 1, 5, 2)
    assert row.cache_write_1h == 1
    assert (row.propensity, row.attempts, row.status) == (0.5, 1, "ok")


def test_the_row_names_its_wire() -> None:
    assert Exchange("embeddings").record().wire == "embeddings"


def test_unknown_usage_stays_unknown() -> None:
    made = exchange()
    made.observed = Observed("gpt-5.4")
    row = made.record()
    assert (row.input, row.output, row.cache_read) == (None, None, None)


def test_what_failed_on_the_way_is_part_of_the_reason() -> None:
    made = exchange()
    made.faults = [(Target("local", "pocket"), "context")]
    assert made.reason == "family is not listed local; local/pocket failed: context"
    assert made.record().attempts == 2


def test_headers_are_printable_whatever_a_model_is_called() -> None:
    made = exchange()
    made.target = Target("openai", "naïve\r\nx-injected: 1" + "y" * 1000)
    headers = dict(made.headers())
    assert headers[b"x-agent-router-model"].startswith(b"openai/na?ve??x-injected: 1yyy")
    assert all(b"\n" not in value and len(value) <= 300 for value in headers.values())
