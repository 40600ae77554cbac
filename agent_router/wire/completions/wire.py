"""OpenAI's legacy completions as a wire."""

from __future__ import annotations

from collections.abc import Mapping

from agent_router.errors import ApiError
from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.call import Call
from agent_router.wire.chat import render, stream
from agent_router.wire.chat.stream import CONTENT_TYPE, KEEP_ALIVE
from agent_router.wire.completions.body import CompletionsBody, completion_request, read
from agent_router.wire.completions.render import Answer, TextStream


class CompletionsWire:
    """See `Wire`."""

    name = "completions"
    alive = KEEP_ALIVE

    def content_type(self, call: Call) -> bytes:
        """See `Wire`."""
        return CONTENT_TYPE

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str = "") -> Call:
        """See `Wire`."""
        body = read(raw)
        options = body.stream_options
        turns = tuple(Turn("user", text) for text in body.texts)
        return Call(
            wire=self.name,
            raw=raw,
            model=str(body.model),
            prompt=Prompt(turns=turns, output_limit=body.max_tokens, opaque=body.opaque),
            parse=lambda: completion_request(body),
            body=body,
            stream=bool(body.stream),
            include_usage=bool(options and options.include_usage),
        )

    def answer(self, call: Call, id: str, model: str, created: int) -> Answer:
        """See `Wire`."""
        return Answer(f"cmpl-ar{id}", model, created, echo=_echo(call.body))

    def stream(self, call: Call, id: str, model: str, created: int) -> TextStream:
        """See `Wire`."""
        echo = _echo(call.body)
        return TextStream(f"cmpl-ar{id}", model, created, include_usage=call.include_usage, echo=echo)

    def error_body(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return render.error_body(error)

    def error_event(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return stream.error_event(error)


def _echo(body: CompletionsBody) -> str:
    return "".join(body.texts[:1]) if body.echo else ""
