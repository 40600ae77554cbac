"""A local answer that verification refuses is escalated in the same turn; the caller sees one clean answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from msgspec import structs

from agent_models.completion import Event, Signals, Stop, TextDelta, ToolCallDelta, Usage
from agent_router import escalation
from agent_router.errors import ApiError
from agent_router.escalation import DISAGREES, Escalation
from agent_router.exchange import Exchange
from agent_router.routing.decision import Decision, Target, Verdict
from agent_router.routing.standing import Rung, Standing
from agent_router.settings import Verification
from agent_router.upstreams.chain import Chain, ChainError
from agent_router.upstreams.reply import EmbeddingCall, Observed, Reply, StreamCutError, UpstreamFault
from agent_router.verification.verifiers import BUILT_IN
from agent_router.wire.call import Call
from agent_router.wire.chat.wire import ChatWire
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import Place
from tests.router.routing.bodies import made

LOCAL, CLOSED = Target("local", "pocket"), Target("openai", "gpt-5.4")
GOOD = [TextDelta("Paris"), Stop("stop"), Usage(10, 2)]
REFUSAL = [TextDelta("I'm sorry, but I can't help with that."), Stop("stop"), Usage(10, 9)]


class Scripted:
    """An upstream that answers with these events, one list after the other. An exception among them is raised."""

    vision = True

    def __init__(self, name: str, place: Place, *answers: Sequence[Event | Exception]) -> None:
        self.name, self.place = name, place
        self.answers = list(answers)
        self.asked: list[Call] = []
        self.closed = 0

    async def open(self, call: Call, model: str) -> Reply:
        self.asked.append(call)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer[0], (UpstreamFault, ApiError)):
            raise answer[0]
        observed = Observed(model=model)
        events = self._events(answer, observed)
        return Reply(observed=observed, events=events, source=events)

    async def _events(self, answer: Sequence[Event | Exception], observed: Observed) -> AsyncGenerator[Event, None]:
        try:
            for event in answer:
                await asyncio.sleep(0)
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, Signals):
                    observed.signals = event
                    continue
                if isinstance(event, Usage):
                    observed.usage = event
                yield event
        finally:
            self.closed += 1

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        raise NotImplementedError

    async def close(self) -> None:
        pass


class Late(Scripted):
    """One whose first event takes 0.1 s."""

    async def _events(self, answer: Sequence[Event | Exception], observed: Observed) -> AsyncGenerator[Event, None]:
        await asyncio.sleep(0.1)
        async for event in super()._events(answer, observed):
            yield event


class Ledger:
    def __init__(self) -> None:
        self.rows: list[Trial] = []

    def record(self, row: Trial) -> None:
        self.rows.append(row)


class House:
    def __init__(
        self,
        local: Sequence[Sequence[Event | Exception]],
        *,
        rung: Rung = "local",
        score: float = 0.99,
        closed: Sequence[Event | Exception] = GOOD,
        alone: bool = False,
        **limits: Any,
    ) -> None:
        self.local = Scripted("local", "device", *local)
        self.closed = Scripted("openai", "hosted", closed)
        self.ledger = Ledger()
        chain = Chain({"local": self.local, "openai": self.closed})
        limits = {"second_sample": False, **limits}
        self.escalation = Escalation(chain, self.ledger, Verification(**limits), BUILT_IN)  # type: ignore[arg-type]
        self.sent_on: list[Target] = []
        self.exchange = Exchange()
        self.exchange.task = made("What is the capital of France?")[0]
        standing = Standing(
            model="pocket", seen=40, fresh=40, mean=0.97, lower=0.9, upper=1.0, score=score, evidence=30, rung=rung
        )
        targets = (LOCAL,) if alone else (LOCAL, CLOSED)
        verdict = Verdict("local", "earned", 1.0, rung, 0.9)
        self.exchange.decision = Decision(targets, "earned", auto=not alone, standing=standing, verdict=verdict)

    async def ask(self, **more: Any) -> str:
        body = {"model": "auto", "messages": [{"role": "user", "content": "What is the capital of France?"}], **more}
        raw = json.dumps(body).encode()
        attempted = await self.escalation.open(
            self.exchange, ChatWire().read(raw, {}), lambda target, _: self.sent_on.append(target)
        )
        self.exchange.target = attempted.target
        self.exchange.faults += attempted.faults
        assert attempted.reply.events is not None
        text = ""
        async for event in attempted.reply.events:
            if isinstance(event, TextDelta):
                text += event.text
        await attempted.reply.close()
        return text


@pytest.mark.parametrize("stream", [True, False])
async def test_a_good_answer_passes_and_is_noted(stream: bool) -> None:
    house = House([GOOD])
    assert await house.ask(stream=stream) == "Paris"
    assert (house.exchange.verified, house.exchange.target, house.ledger.rows) == ("ok", LOCAL, [])
    assert house.exchange.held_ms is not None
    assert (house.closed.asked, house.sent_on) == ([], [])


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_goes_to_the_closed_side_and_both_are_in_the_ledger(stream: bool) -> None:
    house = House([REFUSAL])
    assert await house.ask(stream=stream) == "Paris"
    assert (house.exchange.verified, house.exchange.target) == ("refusal", CLOSED)
    assert house.exchange.reason == "earned; local answer refused: refusal"
    assert house.sent_on == [CLOSED]
    (trial,) = house.ledger.rows
    assert (trial.purpose, trial.problem, trial.model, trial.call) == (
        "attempt",
        "refusal",
        "pocket",
        house.exchange.id,
    )
    assert house.local.closed == 1


async def test_json_is_held_back_until_it_is_whole() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    house = House([[TextDelta('{"n": '), TextDelta('"x"}'), Stop("stop")]])
    assert await house.ask(stream=True, response_format=wanted) == "Paris"
    assert house.exchange.verified == "schema"
    house = House([[TextDelta('{"n": '), TextDelta("1}"), Stop("stop")]])
    assert await house.ask(stream=True, response_format=wanted) == '{"n": 1}'


async def test_a_loop_that_the_engine_noticed_is_one() -> None:
    house = House([[TextDelta("Paris"), Stop("stop"), Signals(looped=True)]])
    assert await house.ask() == "Paris"
    assert house.exchange.verified == "loop"


async def test_one_that_breaks_while_it_is_held_back_is_escalated() -> None:
    house = House([[TextDelta("Pa"), StreamCutError("It crashed.", "local_crashed")]])
    assert await house.ask() == "Paris"
    assert house.exchange.verified == "local_crashed"


async def test_a_local_fault_is_the_chains_matter() -> None:
    house = House([[UpstreamFault("busy", "full")]])
    assert await house.ask() == "Paris"
    assert (house.exchange.verified, house.ledger.rows) == (None, [])


async def test_where_there_is_nobody_else_the_answer_is_released_and_its_problem_noted() -> None:
    house = House([REFUSAL], alone=True)
    assert (await house.ask(stream=True)).startswith("I'm sorry")
    assert house.exchange.verified == "refusal"
    assert house.exchange.reason == "earned"


async def test_a_model_named_by_the_caller_is_not_looked_at() -> None:
    house = House([REFUSAL])
    house.exchange.decision = Decision((LOCAL,), "local named by the caller")
    assert (await house.ask()).startswith("I'm sorry")
    assert house.exchange.verified is None


async def test_it_can_be_switched_off() -> None:
    house = House([REFUSAL], enabled=False)
    assert (await house.ask()).startswith("I'm sorry")


async def test_if_the_closed_side_is_out_the_caller_is_told() -> None:
    house = House([REFUSAL], closed=[UpstreamFault("refused", "no such key", status=401)])
    with pytest.raises(ChainError):
        await house.ask()


async def test_where_there_is_nobody_else_one_that_breaks_is_asked_again() -> None:
    broken: list[Event | Exception] = [StreamCutError("It crashed.", "local_crashed")]
    house = House([broken, GOOD], alone=True)
    assert await house.ask() == "Paris"
    house = House([[StreamCutError("It crashed.", "local_crashed")], [UpstreamFault("crashed", "again")]], alone=True)
    with pytest.raises(ChainError):
        await house.ask()


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_that_ends_without_an_end_is_broken(stream: bool) -> None:
    house = House([[ToolCallDelta(0, '{"a":', "c", "f")]])
    assert await house.ask(stream=stream) == "Paris"
    assert house.exchange.verified == "unfinished"


async def test_a_doubtful_answer_is_better_than_none() -> None:
    out = [UpstreamFault("refused", "no such key", status=401)]
    house = House(
        [[TextDelta("London"), Stop("stop")], GOOD], rung="canary", score=0.91, second_sample=True, closed=out
    )
    assert await house.ask() == "London"
    assert house.exchange.verified == "ok"
    assert house.exchange.faults == [(CLOSED, "refused")]


async def test_a_second_answer_without_events_costs_nobody_the_first() -> None:
    class Odd(Scripted):
        async def open(self, call: Any, model: str) -> Reply:
            reply = await super().open(call, model)
            if len(self.asked) > 1:
                reply.events = None
            return reply

    house = House([GOOD], rung="canary", score=0.91, second_sample=True)
    odd = Odd("local", "device", GOOD, GOOD)
    house.escalation._chain.upstreams = {**house.escalation._chain.upstreams, "local": odd}
    assert await house.ask() == "Paris"


@pytest.mark.parametrize(
    "second",
    [
        [ApiError(400, "It cannot be said.")],
        [UpstreamFault("busy", "full")],
        [TextDelta("Lon"), StreamCutError("It crashed.", "local_crashed")],
        [TextDelta("Lon")],
    ],
)
async def test_a_second_answer_that_fails_costs_nobody_the_first(second: list[Event | Exception]) -> None:
    house = House([GOOD, second], rung="canary", score=0.91, second_sample=True)
    assert await house.ask() == "Paris"
    assert (len(house.local.asked), house.exchange.target, house.exchange.resampled) == (2, LOCAL, None)
    assert house.closed.asked == []


async def test_a_second_answer_may_take_as_long_as_the_first_from_when_it_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(escalation, "_LEAST_SECONDS", 0.05)
    house = House([GOOD], rung="canary", score=0.91, second_sample=True)
    late = Late("local", "device", GOOD)
    house.escalation._chain.upstreams = {**house.escalation._chain.upstreams, "local": late}
    assert await house.ask() == "Paris"
    assert house.exchange.resampled is True
    (trial,) = house.ledger.rows
    assert trial.seconds >= 0.1


async def test_the_time_of_an_attempt_is_from_when_it_was_asked() -> None:
    house = House([GOOD])
    late = Late("local", "device", REFUSAL)
    house.escalation._chain.upstreams = {**house.escalation._chain.upstreams, "local": late}
    assert await house.ask() == "Paris"
    (trial,) = house.ledger.rows
    assert trial.seconds >= 0.1


async def test_a_second_answer_has_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Scripted):
        async def _events(self, answer: Sequence[Event | Exception], observed: Observed) -> AsyncGenerator[Event, None]:
            if len(self.asked) > 1:
                await asyncio.sleep(60)
            yield TextDelta("Paris")
            yield Stop("stop")

    monkeypatch.setattr(escalation, "_LEAST_SECONDS", 0.05)
    house = House([GOOD], rung="canary", score=0.91, second_sample=True)
    slow = Slow("local", "device", GOOD, GOOD)
    house.escalation._chain.upstreams = {**house.escalation._chain.upstreams, "local": slow}
    assert await asyncio.wait_for(house.ask(), 5) == "Paris"


async def test_a_second_answer_that_agrees_releases_the_first() -> None:
    house = House([GOOD, GOOD], rung="canary", score=0.91, second_sample=True)
    assert await house.ask() == "Paris"
    assert house.exchange.target == LOCAL
    (trial,) = house.ledger.rows
    assert (trial.purpose, trial.agree) == ("sample", True)
    assert house.local.asked[1].completion.temperature is not None  # else it would only repeat itself
    assert house.local.asked[0].completion.temperature is None


async def test_a_second_answer_that_differs_escalates() -> None:
    house = House([[TextDelta("London"), Stop("stop")], GOOD], rung="canary", score=0.91, second_sample=True)
    assert await house.ask() == "Paris"
    assert (house.exchange.target, house.exchange.verified) == (CLOSED, DISAGREES)
    assert [trial.purpose for trial in house.ledger.rows] == ["sample", "attempt"]


async def test_no_second_answer_where_there_is_no_doubt_or_it_would_be_long() -> None:
    house = House([GOOD], score=0.99, second_sample=True)
    await house.ask()
    assert len(house.local.asked) == 1
    long = [TextDelta("A sentence of words. " * 40), Stop("stop")]
    house = House([long], rung="canary", score=0.91, second_sample=True)
    await house.ask()
    assert len(house.local.asked) == 1


async def test_a_caller_that_leaves_stops_the_local_model() -> None:
    class Slow(Scripted):
        async def _events(self, answer: Sequence[Event | Exception], observed: Observed) -> AsyncGenerator[Event, None]:
            try:
                yield TextDelta("Pa")
                await asyncio.sleep(60)
            finally:
                self.closed += 1

    house = House([GOOD])
    slow = Slow("local", "device", GOOD)
    house.escalation._chain.upstreams = {**house.escalation._chain.upstreams, "local": slow}
    asking = asyncio.ensure_future(house.ask())
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert slow.closed == 1


async def test_text_is_released_when_the_time_is_over() -> None:
    class Slow(Scripted):
        async def _events(self, answer: Sequence[Event | Exception], observed: Observed) -> AsyncGenerator[Event, None]:
            yield TextDelta("Once")
            await asyncio.sleep(0.3)
            yield TextDelta(" upon a time")
            yield Stop("stop")

    house = House([GOOD], hold_ms=50)
    house.escalation._chain.upstreams = {
        **house.escalation._chain.upstreams,
        "local": Slow("local", "device", GOOD),
    }
    began = asyncio.get_running_loop().time()
    body = {"model": "auto", "messages": [{"role": "user", "content": "A story."}], "stream": True}
    raw = json.dumps(body).encode()
    attempted = await house.escalation.open(house.exchange, ChatWire().read(raw, {}), lambda target: None)
    assert asyncio.get_running_loop().time() - began < 0.25
    assert attempted.reply.events is not None
    said = [event async for event in attempted.reply.events]
    assert said == [TextDelta("Once"), TextDelta(" upon a time"), Stop("stop")]
    assert house.exchange.verified == "ok"


def test_a_decision_is_a_value() -> None:
    decision = Decision((LOCAL,), "x")
    assert structs.replace(decision, reason="y").reason == "y"
