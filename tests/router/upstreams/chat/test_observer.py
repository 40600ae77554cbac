"""The observer sees model, usage, end and error, and never raises."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Usage
from agent_router.upstreams.chat.observer import ChatObserver
from agent_router.upstreams.event_boundary import data_of

DONE = b"data: [DONE]\n\n"


def event(**fields: Any) -> bytes:
    return b"data: " + json.dumps(fields, separators=(",", ":")).encode() + b"\n\n"


def delta(text: str, **more: Any) -> bytes:
    return event(model="m", choices=[{"delta": {"content": text}, "finish_reason": None}], **more)


def watched(*blocks: bytes) -> ChatObserver:
    observer = ChatObserver()
    for block in blocks:
        observer.watch(block)
    return observer


USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}}
END = event(model="m", choices=[{"delta": {}, "finish_reason": "stop"}])


def test_a_whole_stream() -> None:
    observer = watched(delta("a"), delta("b"), END, event(model="m", choices=[], usage=USAGE), DONE)
    assert observer.observed.model == "m"
    assert observer.observed.usage == Usage(4, 4, cache_read=5)
    assert observer.observed.error is None
    assert observer.finished
    assert observer.done


def test_all_in_one_block_and_with_other_line_ends() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        raw = delta("a") + END + event(choices=[], usage=USAGE) + DONE
        observer = watched(raw.replace(b"\n", end))
        assert (observer.observed.usage, observer.done) == (Usage(4, 4, cache_read=5), True)


def test_nothing_finished_before_the_end() -> None:
    observer = watched(delta("a"), delta("b"))
    assert not observer.finished
    assert not observer.done
    assert observer.observed.usage is None  # unknown, not zero


def test_null_usage_is_not_usage() -> None:
    observer = watched(delta("a", usage=None), event(choices=[], usage=USAGE), delta("b", usage=None))
    assert observer.observed.usage == Usage(4, 4, cache_read=5)


def test_usage_in_every_chunk_the_last_one_counts() -> None:
    counts = [{"prompt_tokens": 9, "completion_tokens": n} for n in range(4)]
    observer = watched(*(delta("a", usage=count) for count in counts))
    assert observer.observed.usage == Usage(9, 3)  # as far as seen, of a stream that was left


def test_odd_usage_does_not_overwrite_what_was_known() -> None:
    observer = watched(event(choices=[], usage=USAGE), event(choices=[], usage={}), event(choices=[], usage=[1]))
    assert observer.observed.usage == Usage(4, 4, cache_read=5)


def test_done_in_the_text_is_not_the_end() -> None:
    observer = watched(delta("x"), delta("the stream ends with [DONE]"), delta("data: [DONE]"))
    assert not observer.finished
    assert not observer.done


def test_words_in_the_text_deceive_nobody() -> None:
    observer = watched(delta("x"), delta('"usage":{"prompt_tokens":1,"completion_tokens":2} "finish_reason" "error"'))
    assert observer.observed.usage is None
    assert observer.observed.error is None
    assert not observer.finished


def test_an_error_event_is_an_end() -> None:
    observer = watched(delta("a"), event(error={"message": "overloaded"}))
    assert observer.observed.error == "upstream_error_event"
    assert observer.finished
    assert not observer.done


def test_a_null_error_is_none() -> None:
    observer = watched(delta("a", error=None))
    assert observer.observed.error is None
    assert not observer.finished


@pytest.mark.parametrize("first", [b": comment\n\n", event(choices=[]), event(model=None, choices=[])])
def test_the_model_may_come_late(first: bytes) -> None:
    assert watched(first, delta("a")).observed.model == "m"


WORDS = st.sampled_from([b'"usage"', b":null", b'"finish_reason"', b'"error"', b"[DONE]", b"data: ", b"\n", b"\n\n",
                         b"\r", b"{", b"}", b"[", b"]", b'"choices":', b'"model":', b'"', b"1", b"\xff"])  # fmt: skip


@given(st.lists(st.lists(WORDS, max_size=20).map(b"".join) | st.binary(max_size=40), max_size=5))
def test_it_never_raises(blocks: list[bytes]) -> None:
    watched(*blocks)


class Reader(ChatObserver):
    """Decodes every event: slow, and never overlooks anything."""

    def watch(self, block: bytes) -> None:
        for data in data_of(block):
            self._read(data)


def _event(chance: random.Random) -> bytes:
    if chance.random() < 0.15:
        return chance.choice([b": comment", b"data: [DONE]", b"event: x", b"data: no json"])
    text = chance.choice(["a", '"usage"', "[DONE]", '{"error":1}', "\n\n"])
    chunk: dict[str, Any] = {
        "choices": [{"delta": {"content": text}, "finish_reason": chance.choice([None, None, "stop"])}]
    }
    if chance.random() < 0.7:
        chunk["model"] = chance.choice(["m", "n", None])
    if chance.random() < 0.3:
        chunk["usage"] = chance.choice([None, {"prompt_tokens": chance.randrange(9), "completion_tokens": 3}])
    if chance.random() < 0.05:
        chunk["error"] = {"message": "x"}
    data = json.dumps(chunk, separators=chance.choice([(",", ":"), (", ", ": ")])).encode()
    return chance.choice([b"", b"event: m\n"]) + b"data: " + data


@pytest.mark.parametrize("seed", range(5))
def test_what_is_skipped_never_mattered(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(300):
        end = chance.choice([b"\n", b"\n", b"\r\n"])
        quick, slow = ChatObserver(), Reader()
        for _ in range(3):
            events = [_event(chance).replace(b"\n", end) + end + end for _ in range(chance.randrange(1, 6))]
            quick.watch(b"".join(events))
            slow.watch(b"".join(events))
        assert (quick.observed, quick.finished, quick.done) == (slow.observed, slow.finished, slow.done)
