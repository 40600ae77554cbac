"""One real round trip, as an agent would make it: its address, its key, its model, its dialect, streamed."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from agent_router.agents.agent import Pointed, Wire
from agent_router.routing.agent import DOCTOR

_ASK = "This is a test of the connection. Answer with one word: ready"
_TOKENS = 256
_DONE: dict[str, Any] = {"type": "[DONE]"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back. seconds: until the stream's end. route, reason: what the router says of it, None if another
    server has answered."""

    text: str
    model: str
    seconds: float
    route: str | None
    reason: str | None


class RoundTripError(Exception):
    """It failed; the message says what and what to do."""


@dataclass
class _Told:
    text: str = ""
    model: str = ""
    ended: bool = False
    error: str | None = None


def round_trip(wire: Wire, pointed: Pointed, model: str, *, timeout: float = 120) -> Answer:
    """Ask, and read the answer to its end. timeout: seconds between two pieces of it. RoundTripError if it fails."""
    path, headers, body, heard = _DIALECTS[wire](pointed, model)
    request = urllib.request.Request(  # noqa: S310, the user's own address
        pointed.url.rstrip("/") + path,
        json.dumps(body).encode(),
        {"content-type": "application/json", "x-agent-router-agent": DOCTOR, **headers},
    )
    # An HTTP proxy is for what is elsewhere; agents reach this address without one.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    told, began = _Told(), time.monotonic()
    try:
        with opener.open(request, timeout=timeout) as response:
            try:
                for event in _events(response):
                    heard(told, event)
            except (ValueError, LookupError, TypeError):
                raise RoundTripError(f"{pointed.url} answers with something else than this dialect.") from None
            route = response.headers.get("x-agent-router-route")
            reason = response.headers.get("x-agent-router-reason")
    except urllib.error.HTTPError as error:
        said = _message(error.read())
        if said is None:
            raise RoundTripError(f"{pointed.url} is another server than the router (HTTP {error.code}).") from None
        raise RoundTripError(f"HTTP {error.code}: {said}") from None
    except TimeoutError:
        raise RoundTripError(f"{pointed.url} has said nothing for {timeout:.0f} s.") from None
    except http.client.HTTPException:
        raise RoundTripError(f"{pointed.url} is another server than the router.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        if isinstance(why, TimeoutError):
            raise RoundTripError(f"{pointed.url} has said nothing for {timeout:.0f} s.") from None
        raise RoundTripError(f"{pointed.url} does not answer ({why}). Start it: agent-router serve.") from None
    if told.error:
        raise RoundTripError(told.error)
    if not told.ended:
        raise RoundTripError("the answer broke off before its end.")
    return Answer(told.text, told.model, time.monotonic() - began, route, reason)


def _events(response: Any) -> Iterator[Any]:
    """The data of each event of a stream. ValueError if it is no JSON."""
    for line in response:
        if line.startswith(b"data:"):
            data = line[5:].strip()
            yield _DONE if data == b"[DONE]" else json.loads(data)


def _message(body: bytes) -> str | None:
    """What an error of any of the dialects says; None if it is no such error."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return None


def _chat(pointed: Pointed, model: str) -> tuple[str, Json, Json, Callable[[_Told, Any], None]]:
    def heard(told: _Told, event: Any) -> None:
        if event is _DONE:
            told.ended = True
        elif "error" in event:
            told.error = event["error"]["message"]
        else:
            told.model = event["model"]
            for choice in event["choices"]:
                told.text += choice["delta"].get("content") or ""

    body = {"model": model, "stream": True, "max_completion_tokens": _TOKENS}
    body["messages"] = [{"role": "user", "content": _ASK}]
    return "/chat/completions", {"authorization": f"Bearer {pointed.key}"}, body, heard


def _responses(pointed: Pointed, model: str) -> tuple[str, Json, Json, Callable[[_Told, Any], None]]:
    def heard(told: _Told, event: Any) -> None:
        match event["type"]:
            case "response.output_text.delta":
                told.text += event["delta"]
            case "response.completed" | "response.incomplete":
                told.model, told.ended = event["response"]["model"], True
            case "response.failed":
                told.error = event["response"]["error"]["message"]
            case "error":
                told.error = event["message"]

    # Agents of this dialect send the conversation as items, and keep nothing at the server.
    asked = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": _ASK}]}]
    body = {"model": model, "stream": True, "store": False, "max_output_tokens": _TOKENS, "input": asked}
    return "/responses", {"authorization": f"Bearer {pointed.key}"}, body, heard


def _messages(pointed: Pointed, model: str) -> tuple[str, Json, Json, Callable[[_Told, Any], None]]:
    def heard(told: _Told, event: Any) -> None:
        match event["type"]:
            case "message_start":
                told.model = event["message"]["model"]
            case "content_block_delta":
                told.text += event["delta"].get("text", "")
            case "message_stop":
                told.ended = True
            case "error":
                told.error = event["error"]["message"]

    body = {"model": model, "stream": True, "max_tokens": _TOKENS, "messages": [{"role": "user", "content": _ASK}]}
    headers = {"authorization": f"Bearer {pointed.key}", "anthropic-version": "2023-06-01"}
    return "/v1/messages", headers, body, heard


def _gemini(pointed: Pointed, model: str) -> tuple[str, Json, Json, Callable[[_Told, Any], None]]:
    def heard(told: _Told, event: Any) -> None:
        if "error" in event:
            told.error = event["error"]["message"]
        told.model = event.get("modelVersion", told.model)
        for candidate in event.get("candidates", []):
            told.text += "".join(part.get("text", "") for part in candidate.get("content", {}).get("parts", []))
            told.ended = told.ended or "finishReason" in candidate

    body = {"contents": [{"role": "user", "parts": [{"text": _ASK}]}], "generationConfig": {"maxOutputTokens": _TOKENS}}
    return f"/v1beta/models/{model}:streamGenerateContent?alt=sse", {"x-goog-api-key": pointed.key}, body, heard


_DIALECTS: dict[Wire, Callable[[Pointed, str], tuple[str, Json, Json, Callable[[_Told, Any], None]]]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "gemini": _gemini,
}
