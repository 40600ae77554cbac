"""What Gemini's bodies say, free of their dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import CompletionRequest, File, Image, Message, NamedTool, OutputFormat, Text, ToolCall
from agent_router.errors import ApiError
from agent_router.wire.gemini.body import json_schema
from agent_router.wire.gemini.wire import GeminiWire

PATH = "/v1beta/models/auto:generateContent"


def parsed(*contents: Any, **more: Any) -> CompletionRequest:
    body = {"contents": contents or [{"role": "user", "parts": [{"text": "hi"}]}], **more}
    return GeminiWire().read(json.dumps(body).encode(), {}, PATH).completion


@pytest.mark.parametrize(
    ("path", "model", "stream", "sse"),
    [
        ("/v1beta/models/auto:generateContent", "auto", False, False),
        ("/v1beta/models/openai/gpt-5.4:streamGenerateContent?alt=sse", "openai/gpt-5.4", True, True),
        ("/v1/openai/gpt-5.4:streamGenerateContent?key=k&alt=sse", "openai/gpt-5.4", True, True),
        ("/v1beta/models/m:streamGenerateContent", "m", True, False),
        ("/v1alpha/models/mine/qwen3:8b:streamGenerateContent?key=a:b&alt=sse", "mine/qwen3:8b", True, True),
    ],
)
def test_the_path_says_which_model_and_how(path: str, model: str, stream: bool, sse: bool) -> None:
    call = GeminiWire().read(b'{"contents":[{"parts":[{"text":"x"}]}]}', {}, path)
    assert (call.model, call.stream, call.body.sse) == (model, stream, sse)


@pytest.mark.parametrize("ids", [True, False])
def test_results_find_their_calls_by_id_or_by_name(ids: bool) -> None:
    def named(name: str, id: str) -> dict[str, Any]:
        return {"name": name, **({"id": id} if ids else {})}

    request = parsed(
        {"role": "user", "parts": [{"text": "go"}]},
        {
            "role": "model",
            "parts": [{"functionCall": {**named("f", "a"), "args": {"n": 1}}}, {"functionCall": named("g", "b")}],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {**named("g", "b"), "response": {"output": "of g"}}},
                {"functionResponse": {**named("f", "a"), "response": {"error": "of f"}}},
            ],
        },
    )
    calls = {call.name: call.id for call in request.messages[1].tool_calls}
    assert request.messages[1].tool_calls[0] == ToolCall(calls["f"], "f", '{"n":1}')
    assert request.messages[2:] == (
        Message("tool", (Text("of g"),), tool_call_id=calls["g"]),
        Message("tool", (Text("of f"),), tool_call_id=calls["f"], failed=True),
    )


def test_parts_of_every_kind_in_either_case() -> None:
    parts = [
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"inline_data": {"mime_type": "application/pdf", "data": "aGk="}},
        {"fileData": {"mimeType": "image/png", "fileUri": "https://a/b.png"}},
    ]
    assert parsed({"role": "user", "parts": parts}).messages[0].content == (
        Image("data:image/png;base64,aGk="),
        File("data:application/pdf;base64,aGk="),
        Image("https://a/b.png"),
    )


def test_how_it_is_to_be_answered() -> None:
    request = parsed(
        systemInstruction={"parts": [{"text": "s"}]},
        tools=[{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}, {"googleSearch": {}}],
        toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        generationConfig={
            "temperature": 0.5,
            "topP": 0.25,
            "topK": 40,
            "maxOutputTokens": 9,
            "stopSequences": ["x"],
            "seed": 3,
            "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}},
            "thinkingConfig": {"thinkingBudget": 512},
        },
    )
    assert request.messages[0] == Message("system", (Text("s"),))
    assert (request.temperature, request.top_p, request.top_k, request.max_tokens) == (0.5, 0.25, 40, 9)
    assert (request.stop, request.seed, request.reasoning_tokens) == (("x",), 3, 512)
    assert request.tool_choice == NamedTool("f")
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    assert request.output_format == OutputFormat("json_schema", "answer", schema)
    assert parsed(generationConfig={"thinkingConfig": {"thinkingBudget": 0}}).reasoning_effort == "none"


def test_googles_schemas_become_json_schemas() -> None:
    given = {
        "type": "OBJECT",
        "properties": {
            "type": {"type": "STRING", "enum": ["a"], "nullable": True},
            "n": {"type": "ARRAY", "minItems": "2"},
        },
        "propertyOrdering": ["n", "type"],
        "anyOf": [{"type": "STRING"}],
    }
    assert json_schema(given) == {
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "enum": ["a", None]},
            "n": {"type": "array", "minItems": 2},
        },
        "anyOf": [{"type": "string"}],
    }


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"contents": []}, "contents"),
        ({"contents": [{"role": "user"}]}, "contents[0].parts"),
        ({"contents": [{"role": "robot", "parts": []}]}, "contents[0].role"),
        ({"generationConfig": {"temperature": 3}}, "generationConfig.temperature"),
        ({"generationConfig": {"maxOutputTokens": 0}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount"),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}}, "generationConfig.responseMimeType"),
        ({"cachedContent": "cachedContents/x"}, "cachedContent"),
        ({"contents": [{"parts": [{"fileData": {"fileUri": "gs://a/b"}}]}]}, "contents[0].parts[0]"),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "audio/wav", "data": "aGk="}}]}]},
            "contents[0].parts[0]",
        ),
    ],
)
def test_what_is_wrong_or_cannot_be_said_is_refused_by_its_name(body: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as refused:
        parsed(*body.pop("contents", [{"parts": [{"text": "x"}]}]), **body) if body.get(
            "contents"
        ) != [] else GeminiWire().read(b'{"contents":[]}', {}, PATH)
    assert (refused.value.status, refused.value.param) == (400, param)
