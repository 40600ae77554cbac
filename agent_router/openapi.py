"""The API as an OpenAPI document: what callers may send and what they get. `GET /openapi.json`, docs/openapi.json.

Requests come from the types that read them; answers say what is always there. Unknown fields are allowed everywhere.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent_router import __version__
from agent_router.wire.chat.body import ChatBody
from agent_router.wire.completions.body import CompletionsBody
from agent_router.wire.embeddings.body import EmbeddingBody
from agent_router.wire.messages.body import MessagesBody
from agent_router.wire.responses.body import ResponsesBody

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"
_REQUIRED = {
    ChatBody: ["model", "messages"],
    CompletionsBody: ["model"],
    EmbeddingBody: ["model", "input"],
    MessagesBody: ["model", "messages", "max_tokens"],
    ResponsesBody: ["model"],
}
_STRING: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SSE = "text/event-stream"


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def _const(value: str) -> Schema:
    return {"type": "string", "const": value}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_CHAT_USAGE = _object({"prompt_tokens": _COUNT, "completion_tokens": _COUNT, "total_tokens": _COUNT})
_RESPONSES_USAGE = _object({"input_tokens": _COUNT, "output_tokens": _COUNT, "total_tokens": _COUNT})
_MESSAGES_USAGE = _object({"input_tokens": _COUNT, "output_tokens": _COUNT})
_MODEL = _object({"id": _STRING, "object": _const("model"), "created": _COUNT, "owned_by": _STRING})
_ANTHROPIC_MODEL = _object(
    {"type": _const("model"), "id": _STRING, "display_name": _STRING, "created_at": {"type": "string"}}
)
_GEMINI_MODEL = _object({"name": _STRING, "displayName": _STRING})
_ANSWERS: dict[str, Schema] = {
    "ChatCompletion": _object(
        {
            "id": _STRING,
            "object": _const("chat.completion"),
            "created": _COUNT,
            "model": _STRING,
            "choices": _list(
                _object(
                    {
                        "index": _COUNT,
                        "finish_reason": {"enum": ["stop", "length", "tool_calls", "content_filter"]},
                        "message": _object({"role": _const("assistant"), "content": _nullable(_STRING)}),
                    }
                )
            ),
        },
        usage=_CHAT_USAGE,
    ),
    "Response": _object(
        {
            "id": _STRING,
            "object": _const("response"),
            "created_at": {"type": "number"},
            "status": {"enum": ["completed", "incomplete", "failed"]},
            "model": _STRING,
            "output": _list(_object({"type": _STRING})),
            "usage": _nullable(_RESPONSES_USAGE),
        }
    ),
    "Compaction": _object(
        {
            "id": _STRING,
            "object": _const("response.compaction"),
            "created_at": _COUNT,
            "output": _list(_object({"type": _STRING, "id": _STRING})),
            "usage": _RESPONSES_USAGE,
        }
    ),
    "Message": _object(
        {
            "id": _STRING,
            "type": _const("message"),
            "role": _const("assistant"),
            "model": _STRING,
            "content": _list(_object({"type": _STRING})),
            "stop_reason": _STRING,
            "usage": _MESSAGES_USAGE,
        }
    ),
    "TextCompletion": _object(
        {
            "id": _STRING,
            "object": _const("text_completion"),
            "created": _COUNT,
            "model": _STRING,
            "choices": _list(_object({"index": _COUNT, "text": _STRING})),
        },
        usage=_CHAT_USAGE,
    ),
    "EmbeddingList": _object(
        {
            "object": _const("list"),
            "model": _STRING,
            "data": _list(
                _object(
                    {
                        "object": _const("embedding"),
                        "index": _COUNT,
                        "embedding": {"anyOf": [_list({"type": "number"}), _STRING]},
                    }
                )
            ),
        }
    ),
    "GenerateContentResponse": _object(
        {"candidates": _list(_object({"content": _object({"parts": _list({"type": "object"})})}))},
        modelVersion=_STRING,
        usageMetadata={"type": "object"},
    ),
    "ModelList": {
        "anyOf": [
            _object({"object": _const("list"), "data": _list(_MODEL)}),
            _object({"data": _list(_ANTHROPIC_MODEL), "has_more": {"type": "boolean"}}),
        ]
    },
    "Model": {"anyOf": [_MODEL, _ANTHROPIC_MODEL]},
    "GeminiModelList": _object({"models": _list(_GEMINI_MODEL)}, nextPageToken=_STRING),
    "GeminiModel": _GEMINI_MODEL,
    "ItemList": _object(
        {
            "object": _const("list"),
            "data": _list(_object({"id": _STRING, "type": _STRING})),
            "has_more": {"type": "boolean"},
        }
    ),
    "Deleted": _object({"id": _STRING, "deleted": {"type": "boolean"}}),
    "InputTokens": _object({"object": _const("response.input_tokens"), "input_tokens": _COUNT}),
    "TokenCount": _object({"input_tokens": _COUNT}),
    "GeminiTokenCount": _object({"totalTokens": _COUNT}),
    "Error": _object(
        {"error": _object({"message": _STRING, "type": _STRING, "code": _nullable(_STRING)}, param=_nullable(_STRING))}
    ),
    "AnthropicError": _object(
        {"type": _const("error"), "error": _object({"type": _STRING, "message": _STRING}, code=_STRING)}
    ),
    "GoogleError": _object({"error": _object({"code": {"type": "integer"}, "message": _STRING, "status": _STRING})}),
}
_GENERATE = _object(
    {
        "contents": {
            "type": "array",
            "minItems": 1,
            "items": _object({"parts": _list({"type": "object"})}, role={"enum": ["user", "model", "function"]}),
        }
    },
    systemInstruction={"type": "object"},
    tools=_list({"type": "object"}),
    toolConfig={"type": "object"},
    generationConfig={"type": "object"},
)


def document() -> Schema:
    """The whole document."""
    _, components = msgspec.json.schema_components(list(_REQUIRED), ref_template=_REF)
    for kind, required in _REQUIRED.items():
        components[kind.__name__]["required"] = required
        components[kind.__name__]["properties"]["model"] = {**_STRING, "minLength": 1, "examples": ["auto"]}
    asking = {
        "/v1/chat/completions": _post("ChatBody", "ChatCompletion", "Chat completions", stream=True),
        "/v1/responses": _post("ResponsesBody", "Response", "Responses; also over a WebSocket", stream=True),
        "/v1/responses/compact": _post("ResponsesBody", "Compaction", "A conversation made short"),
        "/v1/responses/input_tokens": _post("ResponsesBody", "InputTokens", "The tokens of a prompt"),
        "/v1/messages": _post("MessagesBody", "Message", "Anthropic's messages", stream=True, errors="AnthropicError"),
        "/v1/messages/count_tokens": _post(
            "MessagesBody", "TokenCount", "The tokens of a prompt", errors="AnthropicError"
        ),
        "/v1/completions": _post("CompletionsBody", "TextCompletion", "Legacy completions", stream=True),
        "/v1/embeddings": _post("EmbeddingBody", "EmbeddingList", "Vectors of texts"),
    }
    model, id = _parameter("model"), _parameter("id")
    paths: dict[str, Any] = {
        **asking,
        "/v1beta/models/{model}:generateContent": _generate("GenerateContentResponse", model),
        "/v1beta/models/{model}:countTokens": _generate("GeminiTokenCount", model),
        "/v1/models": _get("ModelList", "The models that may be named"),
        "/v1/models/{model}": _get("Model", "One of them", model),
        "/v1beta/models": _get("GeminiModelList", "The models, in Google's shape", errors="GoogleError"),
        "/v1beta/models/{model}": _get("GeminiModel", "One of them", model, errors="GoogleError"),
        "/v1/responses/{id}": {
            **_get("Response", "A response that is kept", id),
            **_get("Deleted", "Forget it", id, method="delete"),
        },
        "/v1/responses/{id}/input_items": _get("ItemList", "What it was an answer to", id),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "agent-router",
            "version": __version__,
            "description": "A local endpoint in front of open and closed models.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8484"}],
        "paths": paths,
        "components": {"schemas": {**components, **_ANSWERS, "GenerateContentRequest": _GENERATE}},
    }


def _ref(name: str) -> Schema:
    return {"$ref": _REF.format(name=name)}


def _responses(answer: str, errors: str, *, stream: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _ref(answer)}}
    if stream:
        content[_SSE] = {"schema": _object({"data": _STRING}, event=_STRING)}  # of each event
    error = {"description": "An error", "content": {"application/json": {"schema": _ref(errors)}}}
    return {"200": {"description": "The answer", "content": content}, "default": error}


def _post(body: str, answer: str, summary: str, *, stream: bool = False, errors: str = "Error") -> dict[str, Any]:
    sent = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return {"post": {"summary": summary, "requestBody": sent, "responses": _responses(answer, errors, stream=stream)}}


def _generate(answer: str, model: Schema) -> dict[str, Any]:
    made = _post("GenerateContentRequest", answer, "Gemini's dialect", errors="GoogleError")
    made["post"]["parameters"] = [model]
    return made


def _get(answer: str, summary: str, *parameters: Schema, errors: str = "Error", method: str = "get") -> dict[str, Any]:
    return {method: {"summary": summary, "parameters": list(parameters), "responses": _responses(answer, errors)}}


def _parameter(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
