"""The scripted upstream in Gemini's own dialect."""

from __future__ import annotations

from typing import Any

from tests.upstreams.answer import Answer, Dialect, Event
from tests.upstreams.echo import Asked, Reply, Says, reply
from tests.upstreams.openai_wire import encode, text_of
from tests.upstreams.received import Received

SIGNATURE = "c2lnbmVkIGJ5IEdvb2dsZQ=="


def error(status: int, message: str, code: str) -> bytes:
    """The body of a refusal."""
    return encode({"error": {"code": status, "message": message, "status": code.upper()}})


def error_event(message: str) -> bytes:
    """An error inside a stream."""
    return b"data: " + error(503, message, "unavailable") + b"\n\n"


DIALECT = Dialect(error, error_event)


def _response(model: str, parts: list[dict[str, Any]], said: Reply, finish: str | None) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
    usage = {
        "promptTokenCount": said.input_tokens,
        "candidatesTokenCount": said.output_tokens,
        "totalTokenCount": said.input_tokens + said.output_tokens,
        "cachedContentTokenCount": said.cached_tokens,
    }
    return {
        "candidates": [candidate | ({"finishReason": finish} if finish else {})],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": "scripted",
    }


def generate(request: Received, says: Says = reply) -> Answer:
    """POST /v1beta/models/M:generateContent and :streamGenerateContent."""
    body = request.json
    model, _, method = request.path.partition("/models/")[2].partition(":")
    try:
        parts = body["contents"][-1]["parts"]
        declared = [each for tool in body.get("tools") or () for each in tool.get("functionDeclarations") or ()]
        asked = Asked(
            ask=text_of(parts),
            from_tool=any("functionResponse" in part for part in parts),
            tools={each["name"]: {"type": "object"} for each in declared},
            forced=None,
            schema=None,
            thinks=False,
            max_tokens=(body.get("generationConfig") or {}).get("maxOutputTokens"),
            input_tokens=max(1, len(request.body) // 4),
            body=body,
        )
        said = says(asked)
    except (KeyError, IndexError, TypeError, AttributeError) as wrong:
        message = f"The body is no request: {type(wrong).__name__} {wrong}"
        return Answer(request, DIALECT, 400, error(400, message, "invalid_argument"))
    finish = "MAX_TOKENS" if said.finish == "length" else "STOP"
    calls = [{"functionCall": {"name": n, "args": a}, "thoughtSignature": SIGNATURE} for n, a in said.calls]
    texts: list[dict[str, Any]] = [{"text": word} for word in said.words]
    whole = encode(_response(model, [*([{"text": said.text}] if said.words else []), *calls], said, finish))
    if method == "generateContent":
        return Answer(request, DIALECT, body=whole)
    pieces = [[part] for part in [*texts, *calls]] or [[{"text": ""}]]
    events = [
        Event(
            "delta", b"data: " + encode(_response(model, part, said, finish if part is pieces[-1] else None)) + b"\n\n"
        )
        for part in pieces
    ]
    return Answer(request, DIALECT, body=whole, events=tuple(events))


def count_tokens(request: Received) -> Answer:
    """POST /v1beta/models/M:countTokens."""
    details = [{"modality": "TEXT", "tokenCount": 42}]
    return Answer(request, DIALECT, body=encode({"totalTokens": 42, "promptTokensDetails": details}))
