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


CONTENT = {"role": "user", "parts": [{"text": "x"}]}
SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
FUNCTION = {"name": "f", "parameters": SCHEMA}
DECLARED = {"functionDeclarations": [FUNCTION]}
CALLED = {"mode": "ANY"}


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ({"contents": CONTENT}, {}),
        ({"contents": [{"role": "user", "parts": {"text": "x"}}]}, {}),
        ({"system_instruction": {"parts": {"text": "s"}}}, {"systemInstruction": {"parts": [{"text": "s"}]}}),
        ({"systemInstruction": "s"}, {"systemInstruction": {"parts": [{"text": "s"}]}}),
        ({"tools": {"function_declarations": FUNCTION}}, {"tools": [{"functionDeclarations": [FUNCTION]}]}),
        (
            {"tools": [DECLARED], "toolConfig": {"functionCallingConfig": {**CALLED, "allowedFunctionNames": "f"}}},
            {"tools": [DECLARED], "toolConfig": {"functionCallingConfig": {**CALLED, "allowedFunctionNames": ["f"]}}},
        ),
        (
            {"generation_config": {"stop_sequences": "e", "max_output_tokens": 5.0, "topK": "40", "seed": "1e2"}},
            {"generationConfig": {"stopSequences": ["e"], "maxOutputTokens": 5, "topK": 40, "seed": 100}},
        ),
        ({"generationConfig": {"candidateCount": "1", "topP": "0.5"}}, {"generationConfig": {"topP": 0.5}}),
        (
            {"contents": {"parts": {"inlineData": {"mimeType": "image/png", "data": "-_ 8"}}}},
            {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "+/8="}}]}]},
        ),
    ],
)
def test_one_does_for_a_list_of_one_and_text_for_a_number(given: dict[str, Any], listed: dict[str, Any]) -> None:
    one, many = (
        GeminiWire().read(json.dumps({"contents": [CONTENT], **body}).encode(), {}, PATH) for body in (given, listed)
    )
    assert one.completion == many.completion
    assert one.completion.messages[-1].content
    assert one.prompt == many.prompt


def test_what_a_function_shows_is_in_its_result() -> None:
    shown = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    result = {"name": "f", "response": {"output": "see"}, "parts": [shown]}
    call = GeminiWire().read(json.dumps({"contents": [{"parts": [{"functionResponse": result}]}]}).encode(), {}, PATH)
    image = Image("data:image/png;base64,aGk=")
    assert call.completion.messages == (Message("tool", (Text("see"), image), tool_call_id="call_f"),)
    assert call.has_images


def _config(**config: Any) -> dict[str, Any]:
    return {"generationConfig": config}


def _part(**part: Any) -> dict[str, Any]:
    return {"contents": [{"parts": [part]}]}


BUILT_IN = {"tools": [{"googleSearch": {}}]}
ANY: dict[str, Any] = {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"contents": []}, "contents"),
        ({"contents": 5}, "contents"),
        ({"contents": [{"role": "user"}]}, "contents[0].parts"),
        ({"contents": [{"parts": "x"}]}, "contents[0].parts"),
        ({"contents": [{"parts": ["x"]}]}, "contents[0].parts[0]"),
        ({"contents": [{"role": "robot", "parts": []}]}, "contents[0].role"),
        (_part(text=5), "contents[0].parts[0].text"),
        (_part(inlineData={"mimeType": "image/png"}), "contents[0].parts[0].inlineData.data"),
        (_part(inlineData={"mimeType": "image/png", "data": "a b*"}), "contents[0].parts[0].inlineData.data"),
        (_part(inlineData={"mimeType": "image/png", "data": "aaaaa"}), "contents[0].parts[0].inlineData.data"),
        (_part(inlineData={"data": "aGk="}), "contents[0].parts[0].inlineData.mimeType"),
        (_part(inlineData=[]), "contents[0].parts[0].inlineData"),
        (_part(inlineData={"mimeType": "audio/wav", "data": "aGk="}), "contents[0].parts[0]"),
        (_part(fileData={"fileUri": "gs://a/b"}), "contents[0].parts[0]"),
        (_part(functionCall={"args": {}}), "contents[0].parts[0].functionCall"),
        (_part(functionCall={"name": "f", "args": [1]}), "contents[0].parts[0].functionCall"),
        (
            _part(functionResponse={"name": "f", "parts": [{"inlineData": {"mimeType": "image/png", "data": "*"}}]}),
            "contents[0].parts[0].functionResponse.parts[0].inlineData.data",
        ),
        (
            _part(functionResponse={"name": "f", "parts": [{"fileData": {"fileUri": "gs://a/b"}}]}),
            "contents[0].parts[0].functionResponse.parts[0]",
        ),
        ({"systemInstruction": ["s"]}, "systemInstruction"),
        ({"systemInstruction": {"parts": [{"text": ["s"]}]}}, "systemInstruction.parts[0].text"),
        (
            {"systemInstruction": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]}},
            "systemInstruction.parts[0]",
        ),
        ({"tools": "x"}, "tools"),
        ({"tools": [{"functionDeclarations": "f"}]}, "tools[0].functionDeclarations"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": "x"}]}]},
            "tools[0].functionDeclarations[0].parameters",
        ),
        ({**BUILT_IN, **ANY}, "toolConfig.functionCallingConfig.mode"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}}, "toolConfig.functionCallingConfig.mode"),
        (
            {"tools": [DECLARED], "toolConfig": {"functionCallingConfig": {**CALLED, "allowedFunctionNames": ["g"]}}},
            "toolConfig.functionCallingConfig.allowedFunctionNames",
        ),
        (
            {"toolConfig": {"functionCallingConfig": {"allowedFunctionNames": [1]}}},
            "toolConfig.functionCallingConfig.allowedFunctionNames",
        ),
        ({"generationConfig": "x"}, "generationConfig"),
        (_config(temperature=3), "generationConfig.temperature"),
        (_config(temperature="hot"), "generationConfig.temperature"),
        (_config(maxOutputTokens=0), "generationConfig.maxOutputTokens"),
        (_config(maxOutputTokens=1.5), "generationConfig.maxOutputTokens"),
        (_config(maxOutputTokens=True), "generationConfig.maxOutputTokens"),
        (_config(stopSequences=["a", 1]), "generationConfig.stopSequences"),
        (_config(seed={}), "generationConfig.seed"),
        (_config(seed=2**40), "generationConfig.seed"),
        (_config(candidateCount="two"), "generationConfig.candidateCount"),
        (_config(candidateCount="2"), "generationConfig.candidateCount"),
        (_config(responseLogprobs="false"), "generationConfig.responseLogprobs"),
        (_config(logprobs=3), "generationConfig.logprobs"),
        (_config(responseSchema=[]), "generationConfig.responseSchema"),
        (_config(responseMimeType="text/x.enum"), "generationConfig.responseSchema"),
        (_config(responseMimeType="image/png"), "generationConfig.responseMimeType"),
        (_config(responseModalities=["TEXT", "IMAGE"]), "generationConfig.responseModalities"),
        (_config(responseModalities="AUDIO"), "generationConfig.responseModalities"),
        (_config(speechConfig={"voiceConfig": {}}), "generationConfig.speechConfig"),
        ({"cachedContent": "cachedContents/x"}, "cachedContent"),
    ],
)
def test_what_is_wrong_or_cannot_be_said_is_refused_by_its_name(body: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as refused:
        _ = GeminiWire().read(json.dumps({"contents": [CONTENT], **body}).encode(), {}, PATH).completion
    assert (refused.value.status, refused.value.param) == (400, param)
    assert param in refused.value.message or refused.value.code == "unsupported_parameter"


def test_a_schema_that_is_nested_too_deeply_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(450):
        schema = {"anyOf": [schema]}
    with pytest.raises(ApiError, match="nested too deeply"):
        parsed(generationConfig={"responseSchema": schema})
