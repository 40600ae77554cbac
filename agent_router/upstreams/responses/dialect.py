"""OpenAI's responses, as upstreams speak them."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_router.upstreams import sloppy_json
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import Dialect
from agent_router.upstreams.reply import Observed
from agent_router.upstreams.responses.events import ResponsesReader, usage_of
from agent_router.upstreams.responses.observer import ResponsesObserver
from agent_router.upstreams.responses.render import responses_body
from agent_router.wire.loose import string
from agent_router.wire.responses.replay import replay

_object = msgspec.json.Decoder(dict)


def observe(body: bytes) -> Observed:
    """What a whole answer says. One that failed is an error of the upstream's, not of ours."""
    response = sloppy_json.decode(_object, body)
    if response.get("object") != "response" or not isinstance(response.get("output"), list):
        if response.get("error") is not None:
            raise error_in(response["error"])
        raise msgspec.DecodeError("no response")
    failed = "upstream_error_event" if response.get("status") == "failed" else None
    return Observed(
        string(response.get("model")) or None,
        usage_of(response.get("usage")),
        error=failed,
        final=body,
        id=string(response.get("id")) or None,
    )


def _as_stream(response: dict[str, Any], include_usage: bool) -> bytes:
    return replay(response)


RESPONSES = Dialect(
    "responses",
    "/responses",
    responses_body,
    ResponsesReader,
    ResponsesObserver,
    observe,
    _as_stream,
    names_events=True,
    takes_stops=lambda sequences: not sequences,
)
