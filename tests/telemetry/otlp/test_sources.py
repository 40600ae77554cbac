"""What each agent's telemetry says of a call. Attributes as the sources and the documentation of the agents have
them."""

from __future__ import annotations

from typing import Any

import pytest

from agent_telemetry.otlp.sources.gen_ai import provider, usage
from tests.telemetry.otlp.conftest import Taker
from tests.telemetry.otlp.payloads import SECOND, WHEN, counter, dotted, event, logs, point, span, traces

SESSION = "0b5f0fd2-9c4f-4b8a-9b3e-9a6f5f0f7a10"


def call(taker: Taker) -> dict[str, Any]:
    """The one row that counts, without what is empty."""
    (row,) = taker.rows()
    return {name: value for name, value in row.items() if value is not None}


def tokens(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row.get(name, 0) for name in ("input", "cache_read", "cache_write", "output", "reasoning"))


CLAUDE = {
    "event__timestamp": "2026-11-28T09:00:00.000Z",
    "event__sequence": 7,
    "session__id": SESSION,
    "user__email": "a@example.com",
    "model": "claude-opus-4-6",
    "cost_usd": "0.1",
    "duration_ms": "2500",
    "input_tokens": "4",
    "output_tokens": "120",
    "cache_read_tokens": "9000",
    "cache_creation_tokens": "300",
    "request_id": "req_011",
}


@pytest.mark.parametrize(
    "names", [("", "claude_code.api_request"), ("claude_code.api_request", ""), ("api_request", "")]
)
def test_claude_code(taker: Taker, names: tuple[str, str]) -> None:
    attributes = CLAUDE | ({"event__name": "api_request"} if not names[0] else {})
    taker.send(logs([event(names[0], body=names[1], **attributes)], service__name="claude-code"))
    row = call(taker)
    assert tokens(row) == (4, 9000, 300, 120, 0)
    assert (row["agent"], row["model"], row["provider"], row["session"]) == (
        *("claude", "claude-opus-4-6", "anthropic"),
        SESSION,
    )
    assert row["time"] == WHEN // 1_000_000 - 2500
    assert row["latency_ms"] == 2500


def test_claude_codes_failures(taker: Taker) -> None:
    told = {
        "session__id": SESSION,
        "model": "claude-opus-4-6",
        "error": "Overloaded: a@example.com",
        "status_code": "529",
    }
    taker.send(
        logs([event(body="claude_code.api_error", event__name="api_error", **told)], service__name="claude-code")
    )
    row = call(taker)
    assert (row["status"], row["http_status"], row["error"]) == ("error", 529, "http_529")
    assert "input" not in row


def test_claude_codes_spans(taker: Taker) -> None:
    told = {**CLAUDE, "gen_ai__request__model": "claude-opus-4-6", "success": True, "ttft_ms": 800}
    del told["model"]
    taker.send(traces([span(2, "claude_code.llm_request", parent=1, seconds=2.5, **told)], service__name="claude-code"))
    row = call(taker)
    assert tokens(row) == (4, 9000, 300, 120, 0)
    assert (row["model"], row["first_byte_ms"], row["latency_ms"]) == ("claude-opus-4-6", 800, 2500)


CODEX = {
    "event__name": "codex.sse_event",
    "event__kind": "response.completed",
    "conversation__id": SESSION,
    "model": "gpt-5.4-codex",
    "slug": "gpt-5.4-codex",
    "input_token_count": "1000",
    "output_token_count": "50",
    "cached_token_count": 900,
    "reasoning_token_count": 20,
    "tool_token_count": "1050",
    "user__account_id": "acc",
}


def test_codex(taker: Taker) -> None:
    others = [event(**CODEX | {"event__kind": "response.created"}), event(event__name="codex.user_prompt", prompt="hi")]
    taker.send(logs([event(**CODEX), *others], service__name="codex_cli_rs"))
    row = call(taker)
    assert tokens(row) == (100, 900, 0, 50, 20)
    assert (row["agent"], row["model"], row["provider"], row["session"]) == (
        "codex",
        "gpt-5.4-codex",
        "openai",
        SESSION,
    )


def test_codex_with_an_open_model(taker: Taker) -> None:
    taker.send(logs([event(**CODEX | {"model": "gpt-oss:20b"})], service__name="codex_exec"))
    row = call(taker)
    assert "provider" not in row


def test_codexs_turns(taker: Taker) -> None:
    """A span and a histogram of each, which count where there is no event of a call."""
    figures = {"input": 1000, "cached_input": 900, "cache_write_input": 0, "output": 50, "reasoning_output": 20}
    turn = {f"codex.turn.token_usage.{kind}_tokens": value for kind, value in figures.items()}
    turn |= {"model": "gpt-5.4", "thread.id": SESSION, "codex.turn.token_usage.total_tokens": 1050}
    single = {"gen_ai__usage__input_tokens": 1000, "gen_ai__usage__output_tokens": 50, "thread__id": "4"}
    spans = [span(1, "session_task.turn", seconds=9) | {"attributes": turn}, span(2, "handle_responses", **single)]
    held = [point(value, token_type=kind, model="gpt-5.4") for kind, value in (figures | {"total": 1050}).items()]
    taker.send(traces(spans, service__name="codex_exec"))
    taker.send(counter("codex.turn.token_usage", held, histogram=True, delta=True, service__name="codex_exec"))
    taker.look()
    row = call(taker)
    assert tokens(row) == (100, 900, 0, 50, 20)
    assert (row["session"], row["model"]) == (SESSION, "gpt-5.4")
    taker.send(logs([event(**CODEX | {"model": "gpt-5.4"}, time=WHEN + 3 * SECOND)], service__name="codex_exec"))
    taker.look()
    assert call(taker)["key"].startswith("event:")


GEMINI = {
    "event__name": "gemini_cli.api_response",
    "session__id": SESSION,
    "installation__id": "inst",
    "user__email": "a@example.com",
    "model": "gemini-3-pro",
    "duration_ms": 1500,
    "input_token_count": 1000,
    "output_token_count": 30,
    "cached_content_token_count": 800,
    "thoughts_token_count": 12,
    "tool_token_count": 5,
    "total_token_count": 1047,
    "status_code": 200,
    "auth_type": "oauth-personal",
}


def test_gemini_cli(taker: Taker) -> None:
    """Which says everything twice, in events as in spans."""
    again = {
        "event__name": "gen_ai.client.inference.operation.details",
        "gen_ai__usage__input_tokens": 1000,
        "gen_ai__usage__output_tokens": 30,
        "gen_ai__request__model": "gemini-3-pro",
    }
    taker.send(logs([event(**GEMINI), event(**again)], service__name="gemini-cli"))
    within = {name: value for name, value in again.items() if name != "event__name"}
    taker.send(traces([span(1, "llm_call", gen_ai__operation__name="llm_call", **within)], service__name="gemini-cli"))
    row = call(taker)
    assert tokens(row) == (205, 800, 0, 42, 12)
    assert (row["agent"], row["provider"], row["session"], row["http_status"]) == ("gemini", "google", SESSION, 200)


def test_qwen_code(taker: Taker) -> None:
    """Whose output contains what was reasoned."""
    told = GEMINI | {"event__name": "qwen-code.api_response", "model": "qwen3-coder-plus", "auth_type": "qwen-oauth"}
    told |= {"output_token_count": 42, "tool_token_count": 0, "total_token_count": 1042, "response_id": "chatcmpl-1"}
    taker.send(logs([event(**told)], service__name="qwen-code"))
    row = call(taker)
    assert tokens(row) == (200, 800, 0, 42, 12)
    assert (row["agent"], row["provider"], row["response_id"]) == ("qwen", "qwen-oauth", "chatcmpl-1")


USAGE = {
    "openclaw__channel": "whatsapp",
    "openclaw__provider": "anthropic",
    "openclaw__model": "claude-opus-4-6",
    "openclaw__sessionKey": "agent:main:whatsapp:+491701234567",
    "openclaw__tokens__input": 30,
    "openclaw__tokens__output": 9,
    "openclaw__tokens__cache_read": 500,
    "openclaw__tokens__cache_write": 40,
    "openclaw__tokens__total": 579,
    "gen_ai__usage__input_tokens": 570,
    "gen_ai__usage__output_tokens": 9,
}


def test_openclaws_runs(taker: Taker) -> None:
    taker.send(traces([span(1, "openclaw.model.usage", **USAGE)], service__name="openclaw-gateway"))
    row = call(taker)
    assert tokens(row) == (30, 500, 40, 9, 0)
    assert (row["agent"], row["model"], row["provider"]) == ("openclaw", "claude-opus-4-6", "anthropic")
    assert "session" not in row


def test_openclaws_calls_are_within_its_runs(taker: Taker) -> None:
    one = {"gen_ai__operation__name": "chat", "openclaw__model": "claude-opus-4-6", "openclaw__provider": "anthropic"}
    calls = [
        span(
            2, "openclaw.model.call", parent=1, gen_ai__usage__input_tokens=270, gen_ai__usage__output_tokens=4, **one
        ),
        span(
            3, "openclaw.model.call", parent=1, gen_ai__usage__input_tokens=300, gen_ai__usage__output_tokens=5, **one
        ),
    ]
    run = span(4, "openclaw.model.usage", parent=1, seconds=3, **USAGE)
    for spans in ([run], calls):
        taker.send(traces(spans, service__name="openclaw"))
        taker.look()
    assert taker.tokens() == (570, 0, 0, 9)
    assert [row["duplicate"] for row in taker.rows("duplicate IS NOT NULL")] == ["otlp:span"]


COPILOT = {
    "gen_ai__operation__name": "chat",
    "gen_ai__provider__name": "github",
    "gen_ai__request__model": "claude-sonnet-4.6",
    "gen_ai__response__model": "claude-sonnet-4.6",
    "gen_ai__response__id": "msg_01",
    "gen_ai__conversation__id": SESSION,
    "gen_ai__usage__input_tokens": 1000,
    "gen_ai__usage__output_tokens": 50,
    "gen_ai__usage__cache_read__input_tokens": 600,
    "gen_ai__usage__cache_creation__input_tokens": 100,
    "gen_ai__usage__reasoning__output_tokens": 8,
}


def test_copilot(taker: Taker) -> None:
    taker.send(traces([span(2, "chat claude-sonnet-4.6", parent=1, **COPILOT)], service__name="github-copilot"))
    row = call(taker)
    assert tokens(row) == (300, 600, 100, 50, 8)
    assert (row["agent"], row["session"], row["response_id"]) == ("copilot", SESSION, "msg_01")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"gen_ai__usage__prompt_tokens": 10, "gen_ai__usage__completion_tokens": 2}, (10, 2, None, None, None)),
        ({"llm__usage__prompt_tokens": "10", "llm__usage__completion_tokens": 2.0}, (10, 2, None, None, None)),
        ({"gen_ai__usage__input_tokens": 10}, (10, 0, None, None, None)),
        (
            {
                "llm__token_count__prompt": 100,
                "llm__token_count__completion": 20,
                "llm__token_count__total": 120,
                "llm__token_count__prompt_details__cache_read": 60,
                "llm__token_count__prompt_details__cache_write": 10,
                "llm__token_count__completion_details__reasoning": 5,
            },
            (30, 20, 60, 10, 5),
        ),
        (  # a total that says that the cache comes on top
            {
                "gen_ai__usage__input_tokens": 100,
                "gen_ai__usage__output_tokens": 20,
                "gen_ai__usage__total_tokens": 190,
                "gen_ai__usage__cache_read_input_tokens": 60,
                "gen_ai__usage__cache_creation_input_tokens": 10,
            },
            (100, 20, 60, 10, None),
        ),
        (  # more from the cache than there is
            {
                "gen_ai__usage__input_tokens": 4,
                "gen_ai__usage__output_tokens": 20,
                "gen_ai__usage__cache_read__input_tokens": 60,
            },
            (4, 20, 60, None, None),
        ),
        (  # what was reasoned comes on top
            {
                "gen_ai__usage__input_tokens": 4,
                "gen_ai__usage__output_tokens": 20,
                "gen_ai__usage__total_tokens": 54,
                "gen_ai__usage__reasoning_tokens": 30,
            },
            (4, 50, None, None, 30),
        ),
        (  # the AI SDK, sixth version
            {
                "ai__usage__inputTokens": 100,
                "ai__usage__outputTokens": 20,
                "ai__usage__inputTokenDetails__noCacheTokens": 30,
                "ai__usage__inputTokenDetails__cacheReadTokens": 70,
                "ai__usage__cachedInputTokens": 70,
            },
            (30, 20, 70, None, None),
        ),
        (  # and its fifth, with Anthropic
            {
                "ai__model__provider": "anthropic.messages",
                "ai__usage__inputTokens": 100,
                "ai__usage__outputTokens": 20,
                "ai__usage__totalTokens": 120,
                "ai__usage__cachedInputTokens": 70,
            },
            (100, 20, 70, None, None),
        ),
        ({"ai__usage__tokens": 12}, (12, 0, None, None, None)),
        ({"llm__usage__total_tokens": 12}, (12, 0, None, None, None)),
        ({"gen_ai__usage__input_tokens": 0, "gen_ai__usage__output_tokens": 0}, None),
        ({"gen_ai__usage__input_tokens": -5, "gen_ai__usage__output_tokens": True}, None),
        ({"gen_ai__usage__input_tokens": "many", "gen_ai__usage__output_tokens": 1.5}, None),
    ],
)
def test_usage(attributes: dict[str, Any], expected: tuple[Any, ...] | None) -> None:
    found = usage(dotted(attributes))
    assert (None if found is None else tuple(found)) == expected


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("openai", "openai"),
        ("gcp.gemini", "google"),
        ("google.generative-ai", "google"),
        ("google.vertex.chat", "google"),
        ("az.ai.openai", "azure"),
        ("aws.bedrock", "aws"),
        ("anthropic.messages", "anthropic"),
        ("openai.responses", "openai"),
        ("x_ai", "x-ai"),
        ("Ollama", "ollama"),
        ("ollama.chat", "ollama"),
    ],
)
def test_providers(told: str, known: str) -> None:
    assert provider(told) == known


USED = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 2, "gen_ai__request__model": "gpt-oss-120b"}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("localhost", "device"),
        ("127.0.0.1", "device"),
        ("http://localhost:11434/v1", "device"),
        ("192.168.1.20", "lan"),
        ("gpu-box", "lan"),
        ("gpu.local", "lan"),
        ("api.openai.com", None),
        ("2001:db8::1", None),
    ],
)
def test_where_it_was_answered(taker: Taker, address: str, place: str | None) -> None:
    taker.send(traces([span(1, "chat", server__address=address, **USED)], service__name="a"))
    assert call(taker).get("place") == place


def test_a_failed_call(taker: Taker) -> None:
    failed = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "gpt-5.4", "error__type": "RateLimitError"}
    taker.send(
        traces(
            [
                span(1, "chat gpt-5.4", failed=True, **failed),
                span(2, "invoke_agent", failed=True, **failed | {"gen_ai__operation__name": "invoke_agent"}),
                span(3, "GET /", failed=True, error__type="500"),
                span(4, "chat", **USED, failed=True),
            ],
            service__name="a",
        )
    )
    assert [(row["status"], row["error"], row["output"]) for row in taker.rows()] == [
        ("error", "RateLimitError", None),
        ("cut", None, 2),
    ]


def test_vectors(taker: Taker) -> None:
    told = {"gen_ai__operation__name": "embeddings", "gen_ai__usage__input_tokens": 50, "gen_ai__request__model": "e5"}
    taker.send(traces([span(1, "embeddings e5", **told)]))
    assert call(taker)["wire"] == "embeddings"


def test_the_model_that_answered(taker: Taker) -> None:
    told = USED | {"gen_ai__response__model": "gpt-oss-20b"}
    taker.send(traces([span(1, **told), span(2, **USED | {"gen_ai__response__model": "gpt-oss-120b-2026-01-01"})]))
    assert [(row["model"], row["requested_model"]) for row in taker.rows()] == [
        ("gpt-oss-20b", "gpt-oss-120b"),
        ("gpt-oss-120b-2026-01-01", None),
    ]


def test_an_event_by_the_conventions(taker: Taker) -> None:
    taker.send(logs([event("gen_ai.client.inference.operation.details", **USED), event("gen_ai.choice", **USED)]))
    assert tokens(call(taker)) == (10, 0, 0, 2, 0)


@pytest.mark.parametrize("start", [0, 1, 2**64 - 1, WHEN])
@pytest.mark.parametrize("end", [0, 1, 2**64 - 1, WHEN - SECOND])
def test_impossible_times(taker: Taker, start: int, end: int) -> None:
    made = span(1, **USED) | {"start": start, "end": end}
    taker.send(traces([made]))
    taker.send(logs([event("gen_ai.client.inference.operation.details", time=start, **USED)]))
    assert len(taker.rows()) == 2
    assert all((row["latency_ms"] or 0) >= 0 for row in taker.rows())
