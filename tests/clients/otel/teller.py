"""The model behind the agents: plays its part (tests.clients.real.part) and tells of another usage in each answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from tests.clients.real.part import part
from tests.upstreams.answer import Answer, Event
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.echo import Asked, Reply
from tests.upstreams.received import Received
from tests.upstreams.step import Step
from tests.upstreams.threaded import ThreadedUpstream
from tests.upstreams.upstream import ScriptedUpstream


@dataclass(frozen=True)
class Usage:
    """Tokens in disjoint buckets, but that output includes reasoning."""

    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int


@dataclass(frozen=True)
class Told:
    """One answer. model: as asked for. how: ok, or the behaviour that spoilt it."""

    id: str
    path: str
    model: str
    how: str
    usage: Usage


_MODEL = ("/chat/completions", "/responses", "/messages", ":generateContent", ":streamGenerateContent")
"""Paths of a model's answers."""


def usage(nth: int, writes: bool) -> Usage:
    """Of the nth answer: no figure comes twice, and each bucket is empty at times. writes: the dialect tells of
    what was written to the cache."""
    reasoning = 100 + 3 * nth if nth % 2 else 0
    return Usage(
        input=1_000 + 37 * nth,
        cache_read=5_000 + 101 * nth if nth % 3 else 0,
        cache_write=300 + 11 * nth if writes and nth % 4 != 2 else 0,
        output=40 + 7 * nth + reasoning,
        reasoning=reasoning,
    )


def _says(asked: Asked) -> Reply:
    if "contents" not in asked.body:
        return part(asked)
    declared = [each for tool in asked.body.get("tools") or () for each in tool.get("functionDeclarations") or ()]
    schemas = {each["name"]: each.get("parametersJsonSchema") or {"type": "object"} for each in declared}
    return part(replace(asked, body={"messages": list(_messages(asked.body))}, tools=schemas))


def _messages(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Gemini's contents in the form of chat completions."""
    for content in [(body.get("systemInstruction") or {}) | {"role": "system"}, *body["contents"]]:
        role = {"model": "assistant", "system": "system"}.get(content.get("role", ""), "user")
        for each in content.get("parts") or ():
            if "functionResponse" in each:
                yield {"role": "tool", "content": json.dumps(each["functionResponse"].get("response"))}
            elif "text" in each:
                yield {"role": role, "content": each["text"]}


class _Telling(ScriptedUpstream):
    def __init__(self) -> None:
        super().__init__(says=_says)
        self.told: list[Told] = []
        self._how = "ok"

    def answer(self, request: Received) -> Iterable[Step]:
        """The script is for answers of the model: what else is asked for does not use it up."""
        steers = request.path.startswith("/_")
        return super().answer(request) if steers or _of_model(request) else self._right_answer(request).whole()

    def _take(self) -> Behaviour:
        taken = super()._take()
        self._how = taken.words
        return taken

    def _right_answer(self, request: Received) -> Answer:
        answer = super()._right_answer(request)
        path = request.path
        if answer.status != 200 or not _of_model(request):
            return answer
        nth = len(self.told) + 1
        messages = path.endswith("/messages")
        model = request.json.get("model") or path.partition("/models/")[2].partition(":")[0]
        ids = {"messages": "msg_01", "responses": "resp_", "completions": "chatcmpl-"}
        id = f"{ids.get(path.rpartition('/')[2], '')}golden{nth:04}"
        self.told.append(Told(id, path, model, self._how, usage(nth, writes=messages)))
        return _retold(answer, id, self.told[-1].usage)


def _of_model(request: Received) -> bool:
    return request.method == "POST" and request.path.endswith(_MODEL)


@dataclass(frozen=True)
class _Named(Answer):
    """With the header in which Anthropic names a request, which Claude Code tells of."""

    id: str = ""

    def head(self, *args: Any, extra: Iterable[str] = (), **options: Any) -> bytes:
        return Answer.head(self, *args, extra=[*extra, f"request-id: req_{self.id}"], **options)


def _retold(answer: Answer, id: str, used: Usage) -> Answer:
    """The same answer with an id and a usage of its own."""
    body = answer.body and json.dumps(_changed(json.loads(answer.body), id, used)).encode()
    events = answer.events and tuple(Event(each.kind, _event(each.data, id, used)) for each in answer.events)
    return _Named(answer.request, answer.dialect, answer.status, body, events, id)


def _event(data: bytes, id: str, used: Usage) -> bytes:
    head, _, said = data.rpartition(b"data: ")
    if not said.startswith(b"{"):
        return data
    return head + b"data: " + json.dumps(_changed(json.loads(said), id, used)).encode() + b"\n\n"


def _changed(said: dict[str, Any], id: str, used: Usage) -> dict[str, Any]:
    """A whole answer, or an event of a stream, in whichever dialect."""
    inner = {"message", "response"} & said.keys()
    for name in inner:
        if isinstance(said[name], dict):
            said[name] = _changed(said[name], id, used)
    if "id" in said and said.get("object") != "model":
        said["id"] = id
    if "responseId" in said:
        said["responseId"] = id
    whole = used.input + used.cache_read + used.cache_write
    if "usageMetadata" in said:
        said["usageMetadata"] = {
            "promptTokenCount": whole,
            "candidatesTokenCount": used.output - used.reasoning,
            "thoughtsTokenCount": used.reasoning,
            "totalTokenCount": whole + used.output,
            "cachedContentTokenCount": used.cache_read,
        }
    given = said.get("usage")
    if isinstance(given, dict) and "prompt_tokens" in given:
        said["usage"] = {
            "prompt_tokens": whole,
            "completion_tokens": used.output,
            "total_tokens": whole + used.output,
            "prompt_tokens_details": {"cached_tokens": used.cache_read},
            "completion_tokens_details": {"reasoning_tokens": used.reasoning},
        }
    elif isinstance(given, dict) and "input_tokens_details" in given:
        said["usage"] = {
            "input_tokens": whole,
            "input_tokens_details": {"cached_tokens": used.cache_read, "cache_write_tokens": 0},
            "output_tokens": used.output,
            "output_tokens_details": {"reasoning_tokens": used.reasoning},
            "total_tokens": whole + used.output,
        }
    elif isinstance(given, dict) and "input_tokens" in given:  # a message, or the first event of its stream
        hour = used.cache_write // 3
        said["usage"] = {
            **given,
            "input_tokens": used.input,
            "cache_read_input_tokens": used.cache_read,
            "cache_creation_input_tokens": used.cache_write,
            "cache_creation": {
                "ephemeral_5m_input_tokens": used.cache_write - hour,
                "ephemeral_1h_input_tokens": hour,
            },
            "output_tokens": 1 if given["output_tokens"] == 1 else used.output,
        }
    elif isinstance(given, dict):
        said["usage"] = {"output_tokens": used.output}
    return said


class Teller:
    """``with Teller() as teller: ...``: in every dialect, on a free port."""

    def __init__(self) -> None:
        self._upstream = ThreadedUpstream()
        self._telling = self._upstream.upstream = _Telling()

    def __enter__(self) -> Self:
        self._upstream.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._upstream.__exit__()

    @property
    def url(self) -> str:
        """Without /v1."""
        return self._upstream.url

    @property
    def told(self) -> list[Told]:
        """All answers so far, also those that were spoilt."""
        return list(self._telling.told)

    @property
    def requests(self) -> list[Received]:
        return self._upstream.requests

    def others(self) -> list[str]:
        """What else was asked for, for who looks for a reason."""
        return [f"{each.method} {each.path}" for each in self.requests if not _of_model(each)]

    def next(self, *behaviours: str) -> None:
        """What becomes of the next requests; then all is well again."""
        self._upstream.script(*behaviours, "ok")


def as_json(told: Iterable[Told]) -> list[dict[str, Any]]:
    """For a file."""
    return [asdict(each) for each in told]
