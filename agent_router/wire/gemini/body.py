"""How a body of Gemini's `generateContent` or `streamGenerateContent`, once checked, becomes a `CompletionRequest`.

Names may be in camel case or in snake case, as the API takes both. Documented drops, for what means nothing to other
models: `safetySettings`, `thoughtSignature`, `labels`, `mediaResolution`, and Google's own tools (`googleSearch`,
`codeExecution` …), unless one must be called. What must not be lost, such as `cachedContent`, an answer in sound, or a
file by its URI that is no web address, is an error.
Source: Google's reference, "models.generateContent".
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    CompletionRequest,
    File,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    Text,
    Tool,
    ToolCall,
)
from agent_router.errors import ApiError
from agent_router.wire.gemini.enum_answer import ENUM, enum_format
from agent_router.wire.gemini.proto import Body, invalid, text
from agent_router.wire.loose import either, integer, mapping, sequence, string

_MODES = ("", "MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")
_EFFORTS = {"minimal": "minimal", "low": "low", "medium": "medium", "high": "high"}


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)


def completion_request(body: Body) -> CompletionRequest:
    """Translate a checked body. ApiError 400 where it says what no other side can."""
    try:
        return _translated(body)
    except RecursionError:
        raise ApiError(400, "The request body is nested too deeply.", code="invalid_json") from None


def _translated(body: Body) -> CompletionRequest:
    if either(body, "cachedContent"):
        raise _inexpressible("cachedContent", "Content that Google has cached is only understood by Google's models.")
    config = mapping(either(body, "generationConfig"))
    if (integer(either(config, "candidateCount")) or 1) != 1:
        raise _inexpressible("generationConfig.candidateCount", "Only one candidate can be had at a time.")
    if {each.upper() for each in sequence(config.get("responseModalities"))} - {"TEXT", "MODALITY_UNSPECIFIED"}:
        raise _inexpressible("generationConfig.responseModalities", "This model answers in text only.")
    if either(config, "speechConfig") is not None:
        raise _inexpressible("generationConfig.speechConfig", "This model answers in text only, and does not speak.")
    messages = _system(body) + _messages(body["contents"])
    thinking = mapping(either(config, "thinkingConfig"))
    budget = integer(either(thinking, "thinkingBudget"))
    effort = "none" if budget == 0 else _EFFORTS.get(string(either(thinking, "thinkingLevel")).lower())
    tools = tuple(tool for each in sequence(body.get("tools")) for tool in _tools(mapping(each)))
    choice, allowed = _choice(body, tools)
    logprobs = bool(either(config, "responseLogprobs"))
    if integer(either(config, "logprobs")) and not logprobs:
        raise invalid("generationConfig.logprobs", "is only allowed with responseLogprobs.")
    return CompletionRequest(
        messages=tuple(messages),
        tools=tools,
        tool_choice=choice,
        allowed_tools=allowed,
        output_format=_format(config),
        max_tokens=integer(either(config, "maxOutputTokens")),
        temperature=_number(config, "temperature"),
        top_p=_number(config, "topP"),
        top_k=integer(either(config, "topK")) or None,
        seed=integer(either(config, "seed")),
        stop=tuple(string(each) for each in sequence(either(config, "stopSequences")) if string(each)),
        frequency_penalty=_number(config, "frequencyPenalty"),
        presence_penalty=_number(config, "presencePenalty"),
        top_logprobs=(integer(either(config, "logprobs")) or 0) if logprobs else None,
        reasoning_effort=effort,
        reasoning_tokens=budget if budget and budget > 0 else None,
    )


def _number(config: Body, name: str) -> float | None:
    value = either(config, name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _system(body: Body) -> list[Message]:
    texts: list[Part] = []
    for j, part in enumerate(sequence(mapping(either(body, "systemInstruction")).get("parts"))):
        if text := string(part.get("text")):
            texts.append(Text(text))
        elif part and part.get("text") is None:
            at = f"systemInstruction.parts[{j}]"
            raise _inexpressible(at, "A system instruction for this model can hold text only.")
    return [Message("system", tuple(texts))] if texts else []


def _messages(contents: list[Any]) -> list[Message]:
    messages: list[Message] = []
    open_: list[tuple[str, str]] = []  # (id, name) of calls that have no result yet
    count = 0
    for i, content in enumerate(map(mapping, contents)):
        mine = content.get("role") == "model"
        parts: list[Part] = []
        calls: list[ToolCall] = []
        thoughts: list[str] = []
        for j, part in enumerate(map(mapping, content["parts"])):
            at = f"contents[{i}].parts[{j}]"
            call, result = either(part, "functionCall"), either(part, "functionResponse")
            if call is not None:
                call = mapping(call)
                if not string(call.get("name")) or not isinstance(call.get("args") or {}, dict):
                    raise invalid(
                        f"{at}.functionCall", "must have the name of a function, and args that are an object."
                    )
                name, id = string(call.get("name")), string(call.get("id")) or f"call_{count}"
                count += 1
                calls.append(ToolCall(id, name, msgspec.json.encode(call.get("args") or {}).decode()))
                open_.append((id, name))
            elif result is not None:
                messages.append(_result(mapping(result), open_, f"{at}.functionResponse"))
            elif part.get("thought"):
                continue  # as it came it is signed, and for the model that thought it
            else:
                parts += _part(part, at)
        if parts or calls:
            role = "assistant" if mine else "user"
            messages.append(Message(role, tuple(parts), tuple(calls), reasoning="\n\n".join(thoughts) or None))  # type: ignore[arg-type]
    return messages


def _result(result: Body, open_: list[tuple[str, str]], at: str) -> Message:
    id, name = string(result.get("id")), string(result.get("name"))
    found = next((each for each in open_ if each[0] == id), None) or next(
        (each for each in open_ if each[1] == name), None
    )
    if found is not None:
        open_.remove(found)
    given = result.get("response")
    said = mapping(given)
    text = next(iter(said.values())) if len(said) == 1 and next(iter(said)) in ("output", "result", "error") else None
    if not isinstance(text, str):
        text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    failed = len(said) == 1 and "error" in said
    shown = [each for k, part in enumerate(sequence(result.get("parts"))) for each in _part(part, f"{at}.parts[{k}]")]
    content = (Text(text), *shown)
    return Message("tool", content, tool_call_id=found[0] if found else id or f"call_{name}", failed=failed)


def _part(part: Body, at: str) -> list[Part]:
    text = part.get("text")
    if isinstance(text, str):
        return [Text(text)]
    inline = mapping(either(part, "inlineData"))
    if inline:
        kind = string(either(inline, "mimeType")) or "application/octet-stream"
        url = f"data:{kind};base64,{string(inline.get('data'))}"
    else:
        linked = mapping(either(part, "fileData"))
        kind, url = string(either(linked, "mimeType")), string(either(linked, "fileUri"))
        if not url.startswith(("https://", "http://")):
            raise _inexpressible(
                at, f"A part of {', '.join(map(str, part))[:80] or 'nothing'} cannot be sent to this model."
            )
    if kind.startswith(("audio/", "video/")):
        raise _inexpressible(at, f"A part of type {kind[:40]!r} cannot be sent to this model.")
    return [Image(url) if kind.startswith("image/") else File(url, string(either(inline, "displayName")) or None)]


def _tools(tool: Body) -> list[Tool]:
    made = []
    for declared in map(mapping, sequence(either(tool, "functionDeclarations"))):
        parameters = either(declared, "parametersJsonSchema")
        if parameters is None:
            parameters = json_schema(declared.get("parameters"))
        made.append(
            Tool(
                string(declared.get("name")),
                string(declared.get("description")),
                parameters if isinstance(parameters, dict) else None,
            )
        )
    return made


def _choice(body: Body, tools: tuple[Tool, ...]) -> tuple[Any, tuple[str, ...] | None]:
    calling = mapping(either(mapping(either(body, "toolConfig")), "functionCallingConfig"))
    allowed = tuple(string(name) for name in sequence(either(calling, "allowedFunctionNames")) if string(name))
    at = "toolConfig.functionCallingConfig"
    mode = text(calling.get("mode"), f"{at}.mode").upper()
    if mode not in _MODES:
        raise invalid(f"{at}.mode", "must be AUTO, ANY, NONE or VALIDATED.")
    if mode == "ANY" and not tools:
        raise _inexpressible(
            f"{at}.mode", "A call is demanded, but no function is declared that this model could call."
        )
    if mode == "ANY" and set(allowed) - {tool.name for tool in tools}:
        raise invalid(f"{at}.allowedFunctionNames", "names a function that is not declared.")
    match mode:
        case "NONE":
            return "none", None
        case "ANY" if len(allowed) == 1:
            return NamedTool(allowed[0]), None
        case "ANY":
            return "required", allowed or None
    return "auto", allowed or None


def _format(config: Body) -> OutputFormat:
    kind = string(either(config, "responseMimeType"))
    schema = either(config, "responseJsonSchema")
    if schema is None and (given := either(config, "responseSchema")) is not None:
        schema = json_schema(given)
    if kind == ENUM:
        return enum_format(schema)
    if schema is not None:
        return OutputFormat("json_schema", "answer", schema)
    if kind in ("", "text/plain"):
        return OutputFormat()
    if kind == "application/json":
        return OutputFormat("json_object")
    raise _inexpressible(
        "generationConfig.responseMimeType", f"An answer as {kind[:40]!r} cannot be asked of this model."
    )


def json_schema(schema: Any) -> Any:
    """A JSON Schema of Google's form of one, which spells types in capitals and knows `nullable`."""
    if isinstance(schema, list):
        return [json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told: Body = {}
    for name, value in schema.items():
        if name == "type" and isinstance(value, str):
            if value.upper() != "TYPE_UNSPECIFIED":
                told["type"] = value.lower()
        elif name in ("properties", "$defs", "defs") and isinstance(value, dict):
            told["$defs" if name == "defs" else name] = {key: json_schema(each) for key, each in value.items()}
        elif name in ("items", "anyOf", "any_of", "prefixItems", "additionalProperties"):
            told["anyOf" if name == "any_of" else name] = json_schema(value)
        elif name in ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"):
            told[name] = int(value) if isinstance(value, str) and value.isdecimal() else value  # int64 comes as text
        elif name not in ("nullable", "propertyOrdering", "property_ordering", "example"):
            told[name] = value
    if schema.get("nullable") and isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
        if isinstance(told.get("enum"), list):
            told["enum"] = [*told["enum"], None]
    return told
