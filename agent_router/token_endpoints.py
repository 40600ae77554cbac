"""How many tokens a request's prompt has: Anthropic's `count_tokens`, OpenAI's `input_tokens`, Gemini's `countTokens`.

Where the model is local its own tokens are counted; an upstream of Anthropic's dialect is asked, and Google by its own
clients; elsewhere nobody can be asked, so that the number is an estimate, and the header `x-agent-router-estimate` says
so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from agent_models.completion import CompletionRequest, Text
from agent_router.errors import ApiError
from agent_router.headers import fields
from agent_router.request_body import ClientLeftError, read_body
from agent_router.routing.decision import Target
from agent_router.routing.router import Router
from agent_router.routing.task import task
from agent_router.upstreams.anthropic.upstream import AnthropicUpstream
from agent_router.upstreams.gemini.dialect import GEMINI
from agent_router.upstreams.gemini.upstream import GeminiUpstream
from agent_router.upstreams.local import LocalUpstream
from agent_router.upstreams.reply import Upstream, UpstreamFault
from agent_router.wire.call import Call
from agent_router.wire.gemini.wire import GeminiWire
from agent_router.wire.json_body import decoded
from agent_router.wire.messages.wire import MessagesWire
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from agent_router.wire.wire import Errors

_CHARACTERS = 3.6
"""Of English text and code in a token of today's vocabularies, roughly; of other scripts a token holds fewer."""
_OTHER = 1.3
_MESSAGE = 5  # tokens around each message
_SEEN = 1500  # tokens of an image, roughly
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def token_endpoints(
    router: Router, upstreams: Mapping[str, Upstream], limit: int, responses: ResponseStore
) -> APIRouter:
    """The endpoints; `limit` bounds a body, in bytes, and `responses` are those that a request may go on from."""
    endpoints = APIRouter()
    messages, gemini, openai = MessagesWire(), GeminiWire(), ResponsesWire(responses)

    async def count(request: Request, call: Call, told: str) -> tuple[dict[str, Any], bool]:
        headers = fields(request.headers.raw)
        call.headers = {
            name: headers[name.encode()].decode("latin-1")
            for name in ("anthropic-beta", "anthropic-version")
            if name.encode() in headers
        }
        target = router.aim(task(call, headers, b""), call.meant)
        return await _count(call, target, upstreams, told)

    async def answer(request: Request, errors: Errors, read: Any, told: str, **more: str) -> Response:
        retry: dict[str, str] = {}
        try:
            raw = await read_body(request.receive, dict(request.headers.raw), limit)
            counted, estimated = await count(request, read(raw), told)
        except ClientLeftError:
            return Response(status_code=499)
        except UpstreamFault as fault:
            error = ApiError(fault.status, fault.message, code=fault.code or fault.kind, param=fault.param)
            retry = {} if fault.retry_after is None else {"retry-after": str(math.ceil(fault.retry_after))}
        except ApiError as refused:
            error = refused
        else:
            headers = {"x-agent-router-estimate": "true"} if estimated else {}
            return JSONResponse({**more, **counted}, headers=headers)
        error.request_id = request.scope.get("request_id")
        return Response(errors.error_body(error), error.status, retry, media_type="application/json")

    @endpoints.post("/v1/messages/count_tokens")
    @endpoints.post("/messages/count_tokens")
    async def count_tokens(request: Request) -> Response:
        def read(raw: bytes) -> Call:
            return messages.read(raw, {}, f"?{request.url.query}", counting=True)

        return await answer(request, messages, read, "input_tokens")

    @endpoints.post("/v1/responses/input_tokens")
    @endpoints.post("/responses/input_tokens")
    async def count_responses(request: Request) -> Response:
        kind = "response.input_tokens"
        return await answer(request, openai, lambda raw: openai.read(raw, {}), "input_tokens", object=kind)

    # Without `models/` as well, as the endpoints that generate.
    @endpoints.post("/v1beta/{model:path}:countTokens")
    @endpoints.post("/v1alpha/{model:path}:countTokens")
    @endpoints.post("/v1/{model:path}:countTokens")
    async def count_gemini(request: Request, model: str) -> Response:
        return await answer(request, gemini, lambda raw: _gemini(gemini, raw, request.scope["path"]), "totalTokens")

    return endpoints


def _gemini(wire: GeminiWire, raw: bytes, path: str) -> Call:
    """Google's clients may wrap the request to be counted."""
    fields = decoded(_fields, raw)
    inner = bytes(fields.get("generateContentRequest") or fields.get("generate_content_request") or b"null")
    call = wire.read(raw if inner == b"null" else inner, {}, path)
    call.native, call.meant = lambda provider: raw, raw
    return call


async def _count(
    call: Call, target: Target, upstreams: Mapping[str, Upstream], told: str
) -> tuple[dict[str, Any], bool]:
    """(the answer, with the tokens as its field `told`; whether that is an estimate)."""
    upstream = upstreams[target.provider]
    if isinstance(upstream, LocalUpstream):
        return {told: await upstream.count(call.completion, target.model)}, False
    if isinstance(upstream, AnthropicUpstream):
        return {told: await upstream.count(call, target.model)}, False
    if isinstance(upstream, GeminiUpstream) and call.wire == GEMINI.name:
        return await upstream.count(call, target.model), False
    return {told: estimate(call.completion)}, True


def estimate(request: CompletionRequest) -> int:
    """A prompt's tokens, within a fifth or so for English text and code."""
    tokens = 3.0
    for message in request.messages:
        tokens += _MESSAGE + sum(_tokens(part.text) if isinstance(part, Text) else _SEEN for part in message.content)
        tokens += sum(_MESSAGE + _tokens(call.name) + _tokens(call.arguments) for call in message.tool_calls)
    for tool in request.tools:
        tokens += _MESSAGE + _tokens(tool.name) + _tokens(tool.description)
        tokens += _tokens(msgspec.json.encode(tool.parameters).decode()) if tool.parameters else 0
    return round(tokens)


def _tokens(text: str) -> float:
    ascii_ = len(text) if text.isascii() else sum(c.isascii() for c in text)
    return ascii_ / _CHARACTERS + (len(text) - ascii_) / _OTHER
