"""What is remembered of callers that an upstream keeps failing, and for how long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from agent_router.routing.decision import Target
from agent_router.upstreams import chain as chain_module
from agent_router.upstreams import failing as failing_module
from agent_router.upstreams.breaker import FIRST_REST
from agent_router.upstreams.chain import Chain, ChainError
from agent_router.upstreams.failing import ASK_AGAIN, ATTEMPTS, REFUSED_SECONDS, FailingCallers
from agent_router.upstreams.reply import FaultKind, Reply, UpstreamFault
from agent_router.wire.call import Call
from tests.chat_calls import call
from tests.upstreams.upstream import ScriptedUpstream

Connect = Callable[..., Any]
HERE = Target("first", "gpt-5.4")


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def by(caller: str, ask: str = "one two three", **more: Any) -> Call:
    made = call(ask, **more)
    made.caller = caller
    return made


def fault(kind: FaultKind = "status", **more: Any) -> UpstreamFault:
    return UpstreamFault(kind, "Upstream first answered 503.", **more)


def known(callers: FailingCallers, asked: Call, target: Target = HERE) -> UpstreamFault | Reply | None:
    """What the call is answered with at once."""
    failing = callers.of(asked, target)
    if failing is None:
        return None
    try:
        return callers.answer(failing, asked, target)
    except UpstreamFault as told:
        return told


def failed(callers: FailingCallers, asked: Call, times: int = ATTEMPTS, target: Target = HERE) -> None:
    for _ in range(times):
        failing = callers.of(asked, target)
        callers.failed(asked, target, fault(), failing.breaker.enter() if failing else None)


def test_attempts_that_fail_in_a_row_are_answered_at_once_for_a_while() -> None:
    clock = Clock()
    callers, asked = FailingCallers(clock), by("pi")
    failed(callers, asked, ATTEMPTS - 1)
    assert known(callers, asked) is None
    failed(callers, asked, 1)
    clock.now += 5
    told = known(callers, by("pi", "another question"))
    assert isinstance(told, UpstreamFault)
    assert (told.kind, told.status, told.message) == ("open", 503, "Upstream first answered 503.")
    assert (told.retry_after, told.known_for) == (ASK_AGAIN, FIRST_REST - 5)
    clock.now += FIRST_REST - 5
    assert known(callers, asked) is None
    failed(callers, asked, 1)  # the probe
    assert known(callers, asked) is not None
    clock.now += 2 * FIRST_REST - 1
    assert known(callers, asked) is not None
    clock.now += 1
    assert known(callers, asked) is None


def test_nobody_else_is_kept_away() -> None:
    callers = FailingCallers(Clock())
    failed(callers, by("pi"))
    assert known(callers, by("codex")) is None
    assert known(callers, by("pi"), Target("first", "another")) is None
    failed(callers, by(""))
    assert known(callers, by("")) is None


def test_an_answer_ends_it() -> None:
    callers, asked = FailingCallers(Clock()), by("pi")
    failed(callers, asked, ATTEMPTS - 1)
    callers.began(asked, HERE, None)
    failed(callers, asked, ATTEMPTS - 1)
    assert known(callers, asked) is None


@pytest.mark.parametrize("kind", ["unsupported", "context", "open", "no_key", "busy", "missing"])
def test_what_says_nothing_of_the_next_request_does_not_count(kind: FaultKind) -> None:
    callers, asked = FailingCallers(Clock()), by("pi")
    for _ in range(ATTEMPTS):
        callers.failed(asked, HERE, fault(kind), None)
    assert known(callers, asked) is None


def test_an_answer_that_breaks_off_counts_though_it_had_begun() -> None:
    clock = Clock()
    callers, asked = FailingCallers(clock), by("pi")
    for _ in range(ATTEMPTS):
        assert known(callers, asked) is None
        callers.began(asked, HERE, None)
        callers.cut(asked, HERE, fault("reset"))
    assert known(callers, asked) is not None
    clock.now += FIRST_REST
    failing = callers.of(asked, HERE)
    assert failing is not None
    callers.began(asked, HERE, failing.breaker.enter())
    assert known(callers, asked) is None  # it runs still, and may end well
    callers.cut(asked, HERE, fault("reset"))
    clock.now += FIRST_REST
    assert known(callers, asked) is not None
    clock.now += FIRST_REST
    callers.began(asked, HERE, None)
    callers.ended(asked, HERE)
    assert callers.of(asked, HERE) is None


def test_a_turn_that_was_given_up_is_known_however_few_its_attempts_were() -> None:
    callers, asked = FailingCallers(Clock()), by("pi")
    callers.failed(asked, HERE, fault("timeout"), None)
    callers.gave_up(asked, HERE, "no_key")
    assert known(callers, asked) is None
    callers.gave_up(asked, HERE, "timeout")
    assert known(callers, asked) is not None


def test_a_refused_key_is_told_as_such() -> None:
    callers, asked = FailingCallers(Clock()), by("pi")
    callers.failed(asked, HERE, fault("refused", status=401, body=b"{}"), None)
    callers.gave_up(asked, HERE, "refused")
    told = known(callers, asked)
    assert isinstance(told, UpstreamFault)
    assert (told.kind, told.status, told.retry_after, told.body) == ("refused", 401, None, b"{}")


def test_the_same_request_is_not_sent_again_while_its_refusal_is_fresh() -> None:
    clock = Clock()
    callers, asked = FailingCallers(clock), by("pi", temperature=1)
    asked.headers = {"traceparent": "1"}
    callers.refused(asked, HERE, Reply(413, headers=[(b"x-request-id", b"r")], body=b'{"error":{}}'), None)
    again = by("pi", temperature=1)
    again.raw = b'{"temperature": 1, ' + again.raw[1:].replace(b', "temperature": 1', b"")
    again.headers = {"traceparent": "2"}
    told = known(callers, again)
    assert isinstance(told, Reply)
    assert (told.status, told.body, told.headers) == (413, b'{"error":{}}', [(b"x-request-id", b"r")])
    assert known(callers, by("pi", temperature=1, stream=True)) is None
    again.headers = {"anthropic-beta": "less"}
    assert known(callers, again) is None  # agents try the same with less
    again.headers = {}
    clock.now += REFUSED_SECONDS
    assert known(callers, again) is None


def test_a_refusal_shows_that_the_upstream_is_well() -> None:
    callers, asked = FailingCallers(Clock()), by("pi")
    failed(callers, asked, ATTEMPTS - 1)
    callers.refused(asked, HERE, fault("rejected", status=400), None)
    failed(callers, asked, ATTEMPTS - 1)
    assert known(callers, by("pi", "another")) is None
    callers.refused(asked, HERE, fault("rejected", status=400), None)
    callers.gave_up(asked, HERE, "status")  # of which nothing is known any more
    assert known(callers, by("pi", "another")) is None


def test_only_so_many_are_remembered() -> None:
    callers = FailingCallers(Clock())
    for number in range(failing_module._MOST_CALLERS + 1):
        failed(callers, by(str(number)))
    assert known(callers, by("0")) is None
    assert known(callers, by("1")) is not None
    for number in range(failing_module._MOST_REFUSALS + 1):
        callers.refused(by("pi", str(number)), HERE, Reply(400, body=b"{}"), None)
    assert known(callers, by("pi", "0")) is None
    assert known(callers, by("pi", "1")) is not None


# In the chain.


@pytest.fixture
def chain(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Chain:
    monkeypatch.setattr(chain_module, "FIRST_WAIT", 0.01)
    return Chain({"first": connect(name="first", first_byte=0.3)})


def hurry(chain: Chain) -> Clock:
    clock = Clock()
    chain.failing = FailingCallers(clock)
    return clock


async def told(chain: Chain, asked: Call) -> ChainError:
    with pytest.raises(ChainError) as caught:
        await chain.open(asked, (HERE,))
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "status", "first"),
    [("status:code=503", 503, 3), ("status:code=500", 503, 3), ("status:code=502,html=True", 503, 3),
     ("status:code=429", 429, 3), ("status:code=429,retry_after=0.1", 429, 3), ("empty_stream", 503, 3),
     ("stall_before_headers", 503, 1), ("status:code=401", 401, 1), ("status:code=402", 402, 1)],
)  # fmt: skip
async def test_what_an_agent_asks_again_costs_the_upstream_nothing(
    chain: Chain, server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, behaviour: str, status: int, first: int
) -> None:
    clock = hurry(chain)
    monkeypatch.setattr(failing_module, "ASK_AGAIN", 0.0)
    chain.breakers["first"].pause = lambda passage, seconds: None  # type: ignore[method-assign]
    server.script(behaviour)
    failure = await told(chain, by("codex", stream=True))
    assert (failure.error.status, failure.error.final, server.count) == (status, True, first)
    began = time.monotonic()
    for _ in range(30):
        again = await told(chain, by("codex", stream=True))
        assert (again.error.status, again.error.final) == (status, True)
        assert again.error.message.split(":")[0] == failure.error.message.split(":")[0]
    assert (server.count, time.monotonic() - began < 1) == (first, True)
    clock.now += FIRST_REST
    await told(chain, by("codex", stream=True))
    assert server.count == first + 1  # a probe alone
    clock.now += 2 * FIRST_REST
    chain.breakers["first"].success(object())
    server.script("ok")
    attempted = await chain.open(by("codex"), (HERE,))
    assert attempted.reply.status == 200
    await attempted.reply.close()


async def test_the_calls_of_one_turn_are_counted_together(chain: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=503")
    await asyncio.gather(*(told(chain, by("qwen-code", ask)) for ask in ("the turn", "its title")))
    assert server.count == 3


async def test_one_that_passes_is_not_noticed(chain: Chain, server: ScriptedUpstream) -> None:
    for once in ("status:code=503", "status:code=429,retry_after=0.1", "status:code=429", "reset_on_request"):
        server.script(once, "ok")
        attempted = await chain.open(by("pi"), (HERE,))
        assert attempted.reply.status == 200
        await attempted.reply.close()
        assert chain.failing.of(by("pi"), HERE) is None


async def test_the_sentence_says_what_failed_where_and_what_to_do(chain: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=503")
    failure = await told(chain, by("pi"))
    assert failure.error.message == (
        "Upstream first answered 503: wait 15 s and ask again, or name a fallback in agent-router's configuration."
    )
    server.script("status:code=401,error=invalid_api_key")
    failure = await told(chain, by("opencode"))
    said = "Upstream first refused its API key (environment variable TEST_UPSTREAM_KEY): correct it and restart"
    assert failure.error.message.startswith(said)
    assert failure.body is not None
    assert failure.error.message.encode() in failure.body  # before the upstream's own words
    assert b"invalid_api_key" in failure.body


async def test_a_time_that_nobody_has_waited_for_is_the_agents_to_wait(chain: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=429,retry_after=30")
    failure = await told(chain, by("claude-code"))
    assert (failure.error.final, failure.error.retry_after) == (False, 30)
    assert "wait 30 s" in failure.error.message


async def test_all_waits_for_an_upstream_are_bounded(
    chain: Chain, server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_module, "_LONGEST_HOLD", 0.5)
    server.script("status:code=429,retry_after=0.3")
    failure = await told(chain, by("pi"))
    assert (server.count, failure.error.final) == (2, True)
    assert failure.error.retry_after == ASK_AGAIN  # those who wait as told tell their users the sooner


async def test_leaving_frees_the_place(chain: Chain, server: ScriptedUpstream) -> None:
    clock = hurry(chain)
    server.script("status:code=503")
    await told(chain, by("pi"))
    clock.now += FIRST_REST
    server.script("stall_before_headers")
    server.clear()
    probe = asyncio.ensure_future(chain.open(by("pi"), (HERE,)))
    await server.next_request()
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    server.script("ok")
    attempted = await chain.open(by("pi"), (HERE,))
    assert attempted.reply.status == 200
    await attempted.reply.close()


async def test_a_refused_request_is_not_sent_again(chain: Chain, server: ScriptedUpstream) -> None:
    server.script("status:code=413", "ok")
    for _ in range(6):
        attempted = await chain.open(by("codex"), (HERE,))
        assert attempted.reply.status == 413
    assert server.count == 1
    attempted = await chain.open(by("codex", "something shorter"), (HERE,))
    assert attempted.reply.status == 200


async def test_one_that_waited_for_what_another_met_is_told_as_that_one_is(
    chain: Chain, server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_module, "_LONGEST_HOLD", 0.7)
    server.script("status:code=429,retry_after=0.5")
    first = asyncio.ensure_future(told(chain, by("opencode", "its title")))
    await server.next_request()
    await asyncio.sleep(0.1)
    for failure in (await told(chain, by("opencode", "the turn")), await first):
        assert (failure.error.final, failure.error.retry_after) == (True, ASK_AGAIN)
        assert ": wait 1" in failure.error.message
