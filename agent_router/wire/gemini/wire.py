"""Gemini's `generateContent` and `streamGenerateContent` as a wire. The model's name and the form are in the path."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.gemini import errors
from agent_router.wire.gemini.body import completion_request
from agent_router.wire.gemini.checks import read
from agent_router.wire.gemini.enum_answer import ENUM
from agent_router.wire.gemini.prompt import prompt
from agent_router.wire.gemini.proto import Body
from agent_router.wire.gemini.render import Answer, GeminiStream
from agent_router.wire.loose import either, mapping

# The model's name may hold colons, and so may the query.
_PATH = re.compile(
    r"/v1[a-z]*/(?:models/)?(?P<model>.+?):(?P<method>streamGenerateContent|generateContent|countTokens)"
    r"(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_SSE = re.compile(r"(?:^|&)alt=sse(?:&|$)")


class Asked(Struct):
    """A checked body, and whether the stream is to be one of server-sent events."""

    body: Body
    sse: bool

    @property
    def thoughts(self) -> bool:
        """Whether the caller wants to see the model's thoughts."""
        config = mapping(either(self.body, "generationConfig"))
        return bool(either(mapping(either(config, "thinkingConfig")), "includeThoughts"))

    @property
    def enum(self) -> bool:
        """Whether the answer is to be one of a few words."""
        return bool(either(mapping(either(self.body, "generationConfig")), "responseMimeType") == ENUM)


class GeminiWire:
    """See `Wire`."""

    name = "gemini"
    alive = b""  # a comment in the stream breaks Gemini CLI

    def content_type(self, call: Call) -> bytes:
        """See `Wire`."""
        return b"text/event-stream" if call.body.sse else b"application/json; charset=UTF-8"

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str = "") -> Call:
        """See `Wire`. `path` has the query behind it, if there is one."""
        found = _PATH.fullmatch(path)
        assert found is not None
        body = read(raw)
        return Call(
            wire=self.name,
            raw=raw,
            model=found["model"],
            prompt=prompt(body),
            parse=lambda: completion_request(body),
            body=Asked(body, bool(_SSE.search(found["query"] or ""))),
            stream=found["method"] == "streamGenerateContent",
            include_usage=True,
            named_in_body=False,
        )

    def answer(self, call: Call, id: str, model: str, created: int) -> Answer:
        """See `Wire`."""
        return Answer(id, model, thoughts=call.body.thoughts, enum=call.body.enum)

    def stream(self, call: Call, id: str, model: str, created: int) -> GeminiStream:
        """See `Wire`."""
        return GeminiStream(id, model, sse=call.body.sse, thoughts=call.body.thoughts, enum=call.body.enum)

    def error_body(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_body(error)

    def error_event(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return b"data: " + errors.error_body(error) + b"\n\n"
