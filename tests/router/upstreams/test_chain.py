"""Retries, failover and breakers, over real upstreams that misbehave as told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from agent_router.errors import ApiError
from agent_router.routing.decision import Target
from agent_router.upstreams import chain as chain_module
from agent_router.upstreams.breaker import FIRST_REST, Breaker
from agent_router.upstreams.chain import Attempted, Chain, ChainError
from agent_router.upstreams.reply import Call, FaultKind, Reply, UpstreamFault
from tests.chat_calls import call, stream
from tests.upstreams.upstream import ScriptedUpstream

Connect = Callable[..., Any]
FIRST, SECOND, THIRD = (Target(name, "gpt-5.4") for name in ("first", "second", "third"))


@pytest.fixture
async def other() -> AsyncIterator[ScriptedUpstream]:
    """Where requests fail over to."""
    async with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
async def both(server: ScriptedUpstream, other: ScriptedUpstream, connect: Connect) -> Chain:
    """`first` is the server that misbehaves, `second` the other one."""
    return Chain(
        {
            "first": connect(name="first", first_byte=0.3),
            "second": connect(name="second", url=other.base_url, first_byte=5),
        }
    )


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "FIRST_WAIT", 0.01)


async def finish(attempted: Attempted) -> None:
    if attempted.reply.chunks is not None:
        async for _ in attempted.reply.chunks:
            pass
    await attempted.reply.close()


async def refused(chain: Chain, asked: Call, *targets: Target) -> ChainError:
    with pytest.raises(ChainError) as caught:
        await chain.open(asked, targets)
    return caught.value


class Told:
    """An upstream that does what it is told, one item a request: a fault, an error, a reply, or a wait."""

    place = "hosted"

    def __init__(self, *script: Any, name: str = "first", vision: bool = True) -> None:
        self.name = name
        self.vision = vision
        self.script = list(script)
        self.asked = 0
        self.waiting = asyncio.Event()

    async def open(self, call: Call, model: str) -> Reply:
        self.asked += 1
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, asyncio.Event):
            self.waiting.set()
            await step.wait()
            return Reply(body=b"{}")
        assert isinstance(step, Reply)
        return step

    async def close(self) -> None: ...


def told(**upstreams: Told) -> Chain:
    return Chain(upstreams)  # type: ignore[arg-type]


OK = Reply(body=b"{}")


def a_fault(kind: FaultKind, **more: Any) -> UpstreamFault:
    return UpstreamFault(kind, f"It was {kind}.", **more)


# Failover.


@pytest.mark.parametrize(
    "behaviour",
    ["empty_stream", "empty_stream:kind=role", "empty_stream:kind=comments", "empty_stream:kind=done", "empty_body",
     "error_event", "error_event:after=1", "cut_after:events=0", "cut_after:events=1,how=reset", "html", "half_json",
     "truncate_mid_event:after=0", "status:code=500", "status:code=502,html=True", "status:code=503", "status:code=401",
     "status:code=403", "status:code=429", "status:code=429,retry_after=1", "status:code=529", "redirect", "not_http",
     "close_without_answer", "reset_on_request", "reset_on_accept", "wrong_length:off=-9999"],
)  # fmt: skip
@pytest.mark.parametrize("asked", [call(), stream()], ids=["whole", "stream"])
async def test_failover_at_once(
    both: Chain, server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, behaviour: str, asked: Call
) -> None:
    monkeypatch.setattr(chain_module, "FIRST_WAIT", 30)  # any wait would show
    server.script(behaviour)
    began = time.monotonic()
    attempted = await both.open(asked, (FIRST, SECOND))
    assert time.monotonic() - began < 1  # 0.1 s is the aim; the rest is for a loaded machine
    assert attempted.target == SECOND
    assert attempted.faults
    assert all(target == FIRST for target, _ in attempted.faults)
    await finish(attempted)


@pytest.mark.parametrize("behaviour", ["stall_before_headers", "stall_before_first_event", "slow_headers"])
async def test_failover_when_the_first_byte_is_due(both: Chain, server: ScriptedUpstream, behaviour: str) -> None:
    server.script(behaviour)
    began = time.monotonic()
    attempted = await both.open(stream(), (FIRST, SECOND))
    assert 0.3 <= time.monotonic() - began < 1
    assert (attempted.target, attempted.faults) == (SECOND, [(FIRST, "timeout")])
    await finish(attempted)
    await server.wait_disconnect(2)


async def test_nobody_listens(both: Chain, server: ScriptedUpstream) -> None:
    await server.stop()
    attempted = await both.open(call(), (FIRST, SECOND))
    assert (attempted.target, attempted.faults) == (SECOND, [(FIRST, "connect")])


async def test_nothing_is_asked_twice_when_it_answers(
    both: Chain, server: ScriptedUpstream, other: ScriptedUpstream
) -> None:
    attempted = await both.open(stream(), (FIRST, SECOND))
    assert (attempted.target, attempted.faults) == (FIRST, [])
    await finish(attempted)
    assert (server.count, other.count) == (1, 0)


async def test_a_refusal_of_the_request_does_not_fail_over(
    both: Chain, server: ScriptedUpstream, other: ScriptedUpstream
) -> None:
    server.script("status:code=400")
    attempted = await both.open(call(), (FIRST, SECOND))
    assert (attempted.target, attempted.reply.status) == (FIRST, 400)
    server.script("status:code=400,html=True")
    failure = await refused(both, call(), FIRST, SECOND)
    assert failure.error.status == 400
    assert other.count == 0


async def test_a_connection_that_was_closed_while_idle_is_made_anew_without_failing_over(
    both: Chain, server: ScriptedUpstream, other: ScriptedUpstream
) -> None:
    for how in ("close", "reset"):
        server.script(f"close_if_reused:how={how}")
        for _ in range(2):
            attempted = await both.open(stream(), (FIRST, SECOND))
            assert attempted.target == FIRST
            await finish(attempted)
    assert other.count == 0


# Retries, where there is no other.


@pytest.mark.parametrize("behaviour", ["status:code=500", "reset_on_request", "empty_stream", "error_event", "html"])
async def test_one_fault_is_retried(both: Chain, server: ScriptedUpstream, behaviour: str) -> None:
    server.script(behaviour, "ok")
    attempted = await both.open(stream(), (FIRST,))
    assert (attempted.target, len(attempted.faults)) == (FIRST, 1)
    await finish(attempted)


async def test_a_lasting_fault_is_retried_twice_then_told_once(both: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=500")
    failure = await refused(both, call(), FIRST)
    assert server.count == 3
    assert (failure.error.status, failure.error.code, failure.error.kind) == (503, "upstream_status", "upstream_error")
    assert failure.error.retry_after is not None
    assert [kind for _, kind in failure.faults] == ["status"] * 3


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 413, 422])
async def test_a_lasting_refusal_is_asked_once_and_never_a_5xx(
    both: Chain, server: ScriptedUpstream, code: int
) -> None:
    server.script(f"status:code={code},html=True")
    failure = await refused(both, call(), FIRST)
    assert (failure.error.status, failure.error.retry_after) == (code, None)
    assert server.count == (2 if code == 404 else 1)  # perhaps it only has no chat, but responses


async def test_a_first_byte_timeout_is_not_retried(both: Chain, server: ScriptedUpstream) -> None:
    server.script("stall_before_headers")
    failure = await refused(both, call(), FIRST)
    assert (failure.error.status, server.count) == (503, 1)


@pytest.mark.parametrize("words", ["retry_after=0.2", "retry_after=1,as_date=True"])
async def test_retry_after_is_honoured(both: Chain, server: ScriptedUpstream, words: str) -> None:
    server.script(f"status:code=429,{words}", "ok")
    began = time.monotonic()
    attempted = await both.open(call(), (FIRST,))
    waited = time.monotonic() - began
    assert attempted.faults == [(FIRST, "rate_limited")]
    assert waited >= 0.2 or "date" in words  # a date has whole seconds
    assert waited < 2


async def test_retry_after_beyond_the_bound_is_the_callers_to_wait_for(both: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=429,retry_after=30")
    began = time.monotonic()
    failure = await refused(both, call(), FIRST)
    assert time.monotonic() - began < 2
    assert (failure.error.status, failure.error.retry_after) == (429, 30)
    assert (failure.error.kind, failure.error.code) == ("rate_limit_error", "rate_limit_exceeded")
    assert server.count == 1
    # The others are not sent there either, and are told the same.
    failure = await refused(both, call(), FIRST)
    assert failure.error.status == 429
    assert failure.error.retry_after is not None
    assert 25 < failure.error.retry_after <= 30
    assert server.count == 1
    attempted = await both.open(call(), (FIRST, SECOND))
    assert attempted.target == SECOND


async def test_a_rate_limit_without_a_time_is_429_with_one(both: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=429")
    failure = await refused(both, call(), FIRST)
    assert (failure.error.status, failure.error.retry_after, server.count) == (429, 5, 3)
    assert failure.body is not None
    assert b"rate_limit_exceeded" in failure.body


async def test_requests_that_meet_a_short_rate_limit_wait_for_it() -> None:
    first = Told(a_fault("rate_limited", status=429, retry_after=0.1), OK)
    chain = told(first=first)
    answers = await asyncio.gather(*(chain.open(call(), (FIRST,)) for _ in range(3)))
    assert [answer.target for answer in answers] == [FIRST] * 3


async def test_a_model_that_is_not_there_any_more_may_be_at_the_next(both: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=404", "ok")
    attempted = await both.open(call(), (FIRST, SECOND))
    assert (attempted.target, attempted.reply.status) == (SECOND, 200)
    assert attempted.faults == [(FIRST, "missing")]
    assert both.breakers["first"].state == "closed"
    server.script("status:code=404")
    alone = await both.open(call(), (FIRST,))
    assert alone.reply.status == 404  # the upstream's own words


async def test_a_crashed_worker_is_asked_again_before_failing_over() -> None:
    chain = told(local=Told(a_fault("crashed"), OK, name="local"), second=Told(OK))
    attempted = await chain.open(call(), (Target("local", "pocket"), SECOND))
    assert attempted.target.provider == "local"


# What the caller hears when nothing answers.


@pytest.mark.parametrize(
    ("kinds", "heard"),
    [
        (("connect", "rejected"), "connect"),
        (("connect", "unsupported"), "connect"),
        (("connect", "no_key"), "connect"),
        (("connect", "refused"), "connect"),
        (("status", "timeout"), "timeout"),
        (("open", "status"), "status"),
        (("open", "rejected"), "open"),
        (("context", "no_key"), "context"),
        (("context", "refused"), "refused"),
        (("context", "connect"), "connect"),
        (("unsupported", "rejected"), "rejected"),
        (("refused", "rate_limited"), "rate_limited"),
        (("no_key", "no_key"), "no_key"),
    ],
)
async def test_an_outage_is_never_told_as_a_lasting_refusal(kinds: tuple[FaultKind, FaultKind], heard: str) -> None:
    status = {"rejected": 400, "unsupported": 400, "context": 400, "no_key": 401, "refused": 401, "rate_limited": 429}
    chain = told(**{
        name: Told(a_fault(kind, status=status.get(kind, 503)))
        for name, kind in zip(("first", "second"), kinds, strict=True)
    })  # fmt: skip
    failure = await refused(chain, call(), FIRST, SECOND)
    assert failure.error.message == f"It was {heard}."
    assert failure.error.status == status.get(heard, 503)
    assert (failure.error.retry_after is not None) == (failure.error.status in (429, 503))


async def test_a_fallback_that_refuses_the_request_does_not_hide_the_outage(
    both: Chain, server: ScriptedUpstream, other: ScriptedUpstream
) -> None:
    server.script("status:code=500")
    other.script("status:code=404")  # say, a misspelt model in the configuration
    failure = await refused(both, call(), FIRST, SECOND)
    assert (failure.error.status, failure.faults) == (503, [(FIRST, "status"), (SECOND, "rejected")])


async def test_a_refusal_after_a_mere_incapacity_is_the_answer() -> None:
    refusal = Reply(400, body=b'{"error":{}}')
    chain = told(first=Told(ApiError(400, "No audio.", param="audio")), second=Told(refusal))
    attempted = await chain.open(call(), (FIRST, SECOND))
    assert (attempted.reply, attempted.faults) == (refusal, [(FIRST, "unsupported")])


async def test_what_one_dialect_cannot_say_another_may() -> None:
    error = ApiError(400, "Not here.", code="unsupported_parameter", param="logprobs")
    chain = told(first=Told(error), second=Told(OK))
    assert (await chain.open(call(), (FIRST, SECOND))).target == SECOND
    failure = await refused(chain, call(), FIRST)
    assert (failure.error.status, failure.error.param, failure.error.code) == (400, "logprobs", "unsupported_parameter")


async def test_images_go_only_to_upstreams_that_see() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    asked = call(messages=[{"role": "user", "content": [image]}])
    blind, sees = Told(OK, vision=False), Told(OK)
    chain = told(first=blind, second=sees)
    assert (await chain.open(asked, (FIRST, SECOND))).target == SECOND
    failure = await refused(chain, asked, FIRST)
    assert (failure.error.status, failure.error.param) == (400, "messages")
    assert blind.asked == 0
    assert (await chain.open(call(), (FIRST, SECOND))).target == FIRST


# Breakers.


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def with_clock(chain: Chain) -> Clock:
    clock = Clock()
    chain.breakers["first"] = Breaker(clock)
    return clock


async def test_three_requests_in_a_row_open_it_and_one_alone_does_not() -> None:
    first = Told(a_fault("status"))
    chain = told(first=first, second=Told(OK))
    for asked in (3, 6, 7):  # two retries each, until it opens
        assert chain.breakers["first"].state == "closed"
        await refused(chain, call(), FIRST)
        assert first.asked == asked
    assert chain.breakers["first"].state == "open"
    failure = await refused(chain, call(), FIRST)
    assert first.asked == 7
    assert failure.faults == [(FIRST, "open")]
    assert (failure.error.status, failure.error.code) == (503, "upstream_open")
    assert failure.error.retry_after is not None
    assert 0 < failure.error.retry_after <= FIRST_REST
    attempted = await chain.open(call(), (FIRST, SECOND))
    assert (attempted.target, attempted.faults) == (SECOND, [(FIRST, "open")])


async def test_half_open_lets_exactly_one_of_many_through() -> None:
    release = asyncio.Event()
    first = Told(*[a_fault("timeout")] * 3, release)
    chain = told(first=first, second=Told(OK))
    clock = with_clock(chain)
    for _ in range(3):
        await refused(chain, call(), FIRST)
    clock.now += FIRST_REST
    running = [asyncio.ensure_future(chain.open(call(), (FIRST, SECOND))) for _ in range(10)]
    await first.waiting.wait()
    await asyncio.sleep(0)
    assert first.asked == 4
    release.set()
    targets = [(await task).target for task in running]
    assert (targets.count(FIRST), targets.count(SECOND)) == (1, 9)
    assert chain.breakers["first"].state == "closed"


async def test_a_cancelled_probe_frees_its_place() -> None:
    first = Told(*[a_fault("timeout")] * 3, asyncio.Event(), OK)
    chain = told(first=first)
    clock = with_clock(chain)
    for _ in range(3):
        await refused(chain, call(), FIRST)
    clock.now += FIRST_REST
    probe = asyncio.ensure_future(chain.open(call(), (FIRST,)))
    await first.waiting.wait()
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert (await chain.open(call(), (FIRST,))).target == FIRST


@pytest.mark.parametrize("kind", ["refused", "rejected"])
async def test_a_refusal_is_a_sign_of_life(kind: FaultKind) -> None:
    first = Told(*[a_fault("timeout")] * 3, a_fault(kind, status=401))
    chain = told(first=first)
    clock = with_clock(chain)
    for _ in range(3):
        await refused(chain, call(), FIRST)
    clock.now += FIRST_REST
    await refused(chain, call(), FIRST)
    assert chain.breakers["first"].state == "closed"


@pytest.mark.parametrize("kind", ["no_key", "unsupported", "busy"])
async def test_what_is_not_the_upstreams_fault_does_not_count(kind: FaultKind) -> None:
    chain = told(first=Told(a_fault(kind, status=400)))
    for _ in range(5):
        await refused(chain, call(), FIRST)
    assert chain.breakers["first"].state == "closed"


async def test_the_local_engine_has_its_own_supervision() -> None:
    local = Target("local", "pocket")
    chain = told(local=Told(a_fault("crashed"), name="local"))
    for _ in range(5):
        await refused(chain, call(), local)
    assert chain.breakers["local"].state == "closed"


# Leaving.


async def test_leaving_while_waiting_to_try_again(
    both: Chain, server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_module, "FIRST_WAIT", 30)
    server.script("status:code=500")
    task = asyncio.ensure_future(both.open(stream(), (FIRST,)))
    await server.next_request()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert server.count == 1


@pytest.mark.parametrize("behaviour", ["stall_before_headers", "stall_before_first_event"])
async def test_leaving_while_it_is_asked(both: Chain, server: ScriptedUpstream, behaviour: str) -> None:
    server.script(behaviour)
    task = asyncio.ensure_future(both.open(stream(), (SECOND, FIRST)[::-1]))
    await server.next_request()
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.wait_disconnect(2)
    assert both.breakers["first"].state == "closed"
