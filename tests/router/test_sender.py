"""One answer, once."""

from __future__ import annotations

import json
from typing import Any

from agent_router.errors import ApiError
from agent_router.exchange import Exchange
from agent_router.sender import Sender
from agent_router.wire.chat.wire import ChatWire


class Wire:
    def __init__(self) -> None:
        self.exchange = Exchange()
        self.messages: list[Any] = []
        self.sender = Sender(self.exchange, self._send, ChatWire())

    async def _send(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


async def test_an_answer_in_one_piece_says_its_length_and_who_gave_it() -> None:
    wire = Wire()
    await wire.sender.whole(200, b"{}", [(b"x-request-id", b"r")])
    head = dict(wire.messages[0]["headers"])
    assert (head[b"content-length"], head[b"x-request-id"], wire.body) == (b"2", b"r", b"{}")
    assert head[b"x-agent-router-request-id"] == wire.exchange.id.encode()
    assert wire.exchange.ended
    assert wire.exchange.first_byte is not None


async def test_an_error_is_the_whole_answer_or_the_streams_last_event() -> None:
    error = ApiError(429, "Too much.", code="slow_down", retry_after=1.2)
    wire = Wire()
    await wire.sender.fail(error)
    assert wire.messages[0]["status"] == 429
    assert (b"retry-after", b"2") in wire.messages[0]["headers"]
    assert json.loads(wire.body)["error"]["code"] == "slow_down"
    assert b"x-should-retry" not in dict(wire.messages[0]["headers"])
    final = Wire()
    await final.sender.fail(ApiError(401, "No.", final=True))
    assert (b"x-should-retry", b"false") in final.messages[0]["headers"]
    streaming = Wire()
    await streaming.sender.begin(200, b"text/event-stream", [])
    await streaming.sender.fail(error)
    assert json.loads(streaming.body.removeprefix(b"data: "))["error"]["code"] == "slow_down"
    assert [message["type"] for message in streaming.messages].count("http.response.start") == 1


async def test_behind_an_answer_nothing_more_is_said() -> None:
    wire = Wire()
    await wire.sender.whole(200, b"{}", [])
    await wire.sender.fail(ApiError(500, "Late."))
    assert len(wire.messages) == 2


async def test_an_upstreams_own_error_body_goes_out_as_it_is() -> None:
    wire = Wire()
    await wire.sender.fail(ApiError(400, "No."), b'{"error":{"message":"theirs"}}')
    assert wire.body == b'{"error":{"message":"theirs"}}'


async def test_a_client_that_is_gone_is_not_told() -> None:
    async def broken(message: Any) -> None:
        raise OSError

    await Sender(Exchange(), broken, ChatWire()).fail(ApiError(500, "Nobody hears this."))
