"""What an upstream of the same dialect is sent: all that it can read, and nothing that only another can."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from agent_router.errors import ApiError
from agent_router.wire.responses.sealed import seal
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire

USER = {"role": "user", "content": "Hello."}
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": []}
SEALED = THOUGHT | {"encrypted_content": "Z0FBQUFB"}
SUMMARY = {"type": "compaction", "id": "cmp_1", "encrypted_content": seal("They met.")}


class Talk:
    """A conversation that the router holds."""

    def __init__(self) -> None:
        self.wire = ResponsesWire(ResponseStore())

    def told(self, id: str, provider: str | None, *output: Any, store: Any = True, **body: Any) -> None:
        """A turn that is over: `store` is what the answer says of itself."""
        response = {"id": id, "status": "completed", "output": output, "store": store}
        self.wire.keep(self.call(**body), msgspec.json.encode(response), provider)

    def call(self, **body: Any) -> Any:
        return self.wire.read(json.dumps({"model": "m", "input": [USER], **body}).encode(), {})

    def sent(self, provider: str, *, whole: bool = False, **body: Any) -> Any:
        call = self.call(**body)
        return json.loads(call.native_whole(provider) if whole else call.body_for(provider))


@pytest.mark.parametrize("store", [True, False, None])
def test_a_conversation_is_sent_whole(store: Any) -> None:
    talk = Talk()
    talk.told("resp_1", "a", SEALED, MESSAGE, store=store)
    assert talk.sent("a", previous_response_id="resp_1") == {"model": "m", "input": [USER, SEALED, MESSAGE, USER]}


def test_what_only_the_provider_can_read_is_named_to_it_alone() -> None:
    talk = Talk()
    talk.told("resp_1", "a", THOUGHT, MESSAGE)
    unnamed = {name: value for name, value in MESSAGE.items() if name != "id"}
    go_on = {"previous_response_id": "resp_1"}
    assert talk.sent("a", **go_on) == {"model": "m", "input": [USER], **go_on}
    assert talk.sent("a", **go_on, whole=True) == {"model": "m", "input": [USER, unnamed, USER]}
    assert talk.sent("b", **go_on) == {"model": "m", "input": [USER, unnamed, USER]}
    talk.told("resp_2", "b", MESSAGE, **go_on)
    assert talk.sent("a", previous_response_id="resp_2")["input"] == [USER, unnamed, USER, unnamed, USER]
    talk.told("resp_3", "a", THOUGHT, MESSAGE, store=False)  # it says that it has kept nothing
    assert talk.sent("a", previous_response_id="resp_3")["input"] == [USER, unnamed, USER]
    named = {"type": "item_reference", "id": "item_of_its_own"}
    sent = talk.sent("a", previous_response_id="resp_1", input=[named])
    assert sent == {"model": "m", "previous_response_id": "resp_1", "input": [named]}


def test_thoughts_that_another_provider_sealed_are_not_sent() -> None:
    talk = Talk()
    talk.told("resp_1", "a", SEALED, MESSAGE)
    talk.told("resp_2", "b", THOUGHT | {"id": "rs_2", "encrypted_content": "b's"}, previous_response_id="resp_1")
    for provider, seals in (("a", ["Z0FBQUFB"]), ("b", ["b's"]), ("c", [])):
        sent = talk.sent(provider, previous_response_id="resp_2")["input"]
        assert [item["encrypted_content"] for item in sent if item.get("type") == "reasoning"] == seals
    assert talk.sent("b", input=[USER, SEALED, USER])["input"] == [USER, USER]  # the caller repeats it
    assert talk.sent("a", input=[USER, SEALED, USER])["input"] == [USER, SEALED, USER]


@pytest.mark.parametrize("go_on", [False, True])
def test_what_the_router_has_sealed_is_told_in_the_open(go_on: bool) -> None:
    talk = Talk()
    if go_on:
        talk.told("resp_1", None, input=[SUMMARY])
        sent = talk.sent("a", previous_response_id="resp_1")["input"]
    else:
        sent = talk.sent("a", input=[SUMMARY, USER])["input"]
    assert sent == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "They met."}]},
        USER,
    ]
    talk.told("resp_2", "a", SUMMARY | {"encrypted_content": "a's"})
    assert talk.sent("a", previous_response_id="resp_2")["input"][1]["encrypted_content"] == "a's"
    with pytest.raises(ApiError):
        talk.sent("b", previous_response_id="resp_2")


def test_a_body_that_needs_nothing_is_passed_on_as_it_came() -> None:
    talk = Talk()
    for input in ('"hi"', '[ {"role":"user","content":"\\u00df"}]', json.dumps([USER, SEALED])):
        raw = f'{{"model":"m", "input":{input}}}'.encode()
        assert talk.wire.read(raw, {}).body_for("a") == raw
    raw = b'{"model":"m","input":"hi","previous_response_id":"resp_of_its_own"}'
    assert talk.wire.read(raw, {}).body_for("a") == raw
