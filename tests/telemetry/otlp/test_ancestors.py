"""Of spans within each other that tell of the same tokens, the innermost count, in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.telemetry.otlp.conftest import Taker
from tests.telemetry.otlp.payloads import span, traces


def used(input: int, output: int, **more: Any) -> dict[str, Any]:
    return {"gen_ai__usage__input_tokens": input, "gen_ai__usage__output_tokens": output} | more


CHAT = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "gpt-5.4"}
AGENT = [
    span(1, "invoke_agent a", seconds=9, **used(300, 30, gen_ai__operation__name="invoke_agent")),
    span(2, "step", parent=1, seconds=8),
    span(3, "chat gpt", parent=2, **used(100, 10), **CHAT),
    span(4, "chat gpt", parent=2, **used(200, 20), **CHAT),
]
SDK = [
    span(
        1,
        "ai.streamText",
        seconds=3,
        ai__operationId="ai.streamText",
        ai__usage__inputTokens=30,
        ai__usage__outputTokens=3,
    ),
    span(
        2,
        "ai.streamText.doStream",
        parent=1,
        ai__operationId="ai.streamText.doStream",
        **used(30, 3),
        ai__usage__inputTokens=30,
    ),
]
TWO_LIBRARIES = [
    span(1, "ChatOpenAI.chat", **used(30, 3), **CHAT),
    span(2, "openai.chat", parent=1, **used(30, 3), **CHAT),
]


@pytest.mark.parametrize(("spans", "tokens"), [(AGENT, (300, 30)), (SDK, (30, 3)), (TWO_LIBRARIES, (30, 3))])
@pytest.mark.parametrize("together", [True, False])
def test_any_order(taker: Taker, spans: list[Any], tokens: tuple[int, int], together: bool) -> None:
    for number, order in enumerate(permutations(spans)):
        made = [each | {"trace": number + 1} for each in order]
        for part in [made] if together else [[each] for each in made]:
            taker.send(traces(part, service__name="a"))
        input, _, _, output = taker.tokens()
        assert (input, output) == ((number + 1) * tokens[0], (number + 1) * tokens[1]), order
        for part in [made] if together else [[each] for each in made]:  # an exporter that sends it once more
            taker.send(traces(part, service__name="a"))
        assert taker.tokens() == (input, 0, 0, output)


def test_an_agent_of_whose_calls_nothing_is_known(taker: Taker) -> None:
    taker.send(traces([AGENT[0], AGENT[1]], service__name="a"))
    taker.look()
    assert taker.tokens() == (300, 0, 0, 30)


def test_a_restart_between_child_and_parent(taker: Taker) -> None:
    taker.send(traces(AGENT[2:], service__name="a"))
    taker.restart()
    taker.send(traces(AGENT[:2], service__name="a"))
    taker.look()
    assert taker.tokens() == (300, 0, 0, 30)


def test_another_agent_at_the_same_time(taker: Taker) -> None:
    """Of a trace of its own."""
    taker.send(traces(AGENT, service__name="a"))
    taker.send(traces([AGENT[0] | {"trace": 2}], service__name="a"))
    taker.look()
    assert taker.tokens() == (600, 0, 0, 60)


def test_a_tool_with_calls_of_its_own_within_a_call(taker: Taker) -> None:
    """A call has no calls within it, but a tool that it ran may: then the outer is a sum or is not; its own are
    gone."""
    spans = [span(1, "root"), span(2, "execute_tool", parent=1), span(3, parent=2, **used(5, 1), **CHAT)]
    taker.send(traces(spans))
    assert taker.tokens() == (5, 0, 0, 1)


def test_a_circle_of_parents(taker: Taker) -> None:
    spans = [span(1, parent=2, **used(5, 1), **CHAT), span(2, parent=1, **used(5, 1), **CHAT)]
    taker.send(traces(spans))
    taker.send(traces([span(3, parent=3, **used(7, 1), **CHAT)]))
    assert taker.rows("true")
