"""A body of `generateContent` decoded, checked, and put into one of the forms in which each value may come.

What is checked here Google refuses as well, so that a body which only passes by may be checked too; what passes by is
the body as it came. Source: Google's reference, "models.generateContent".
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec

from agent_router.wire.gemini.proto import Body, flag, invalid, message, messages, number, strings, text, whole
from agent_router.wire.json_body import decoded
from agent_router.wire.loose import either

_decoder = msgspec.json.Decoder(dict)
_ROLES = (None, "", "user", "model", "function", "system")
_MOST_LOGPROBS = 20


def read(raw: bytes) -> Body:
    """The body, in camel case where it was looked at. ApiError 400 names the field and what is wrong with it."""
    body: Body = decoded(_decoder, raw)
    contents = messages(body.get("contents"), "contents")
    if not contents:
        raise invalid("contents", "at least one content is required.")
    for i, content in enumerate(contents):
        at = f"contents[{i}]"
        if content.get("parts") is None:
            raise invalid(f"{at}.parts", "an array of parts is required.")
        if content.get("role") not in _ROLES:
            raise invalid(f"{at}.role", "Please use a valid role: user, model.")
        content["parts"] = _parts(content["parts"], f"{at}.parts")
    body["contents"] = contents
    system = either(body, "systemInstruction")
    system = {"parts": [{"text": system}]} if isinstance(system, str) else message(system, "systemInstruction")
    if system:
        parts = _parts(system.get("parts"), "systemInstruction.parts")
        body["systemInstruction"] = {**system, "parts": parts}
    body["tools"] = [_tool(tool, f"tools[{i}]") for i, tool in enumerate(messages(body.get("tools"), "tools"))]
    config = message(either(body, "toolConfig"), "toolConfig")
    calling = message(either(config, "functionCallingConfig"), "toolConfig.functionCallingConfig")
    at = "toolConfig.functionCallingConfig.allowedFunctionNames"
    calling["allowedFunctionNames"] = strings(either(calling, "allowedFunctionNames"), at)
    body["toolConfig"] = {**config, "functionCallingConfig": calling}
    body["generationConfig"] = _config(message(either(body, "generationConfig"), "generationConfig"))
    return body


def _parts(value: Any, at: str) -> list[Body]:
    parts = messages(value, at)
    for j, part in enumerate(parts):
        here = f"{at}[{j}]"
        text(part.get("text"), f"{here}.text")
        if (inline := either(part, "inlineData")) is not None:
            part["inlineData"] = _blob(message(inline, f"{here}.inlineData"), f"{here}.inlineData")
        if (linked := either(part, "fileData")) is not None:
            message(linked, f"{here}.fileData")
        if (result := either(part, "functionResponse")) is not None:
            result = message(result, f"{here}.functionResponse")
            shown = _parts(result.get("parts"), f"{here}.functionResponse.parts")
            part["functionResponse"] = {**result, "parts": shown}
    return parts


def _blob(inline: Body, at: str) -> Body:
    """Bytes in base64, with or without its padding, and of either alphabet."""
    if not text(either(inline, "mimeType"), f"{at}.mimeType"):
        raise invalid(f"{at}.mimeType", "the type of the data is required.")
    data = "".join(text(inline.get("data"), f"{at}.data").split()).replace("-", "+").replace("_", "/")
    data += "=" * (-len(data) % 4)
    try:
        if not binascii.a2b_base64(data, strict_mode=True):
            raise invalid(f"{at}.data", "the data are required.")
    except ValueError:
        raise invalid(f"{at}.data", "must be base64.") from None
    return {**inline, "data": data}


def _tool(tool: Body, at: str) -> Body:
    given = either(tool, "functionDeclarations")
    if given is None:
        return tool
    at = f"{at}.functionDeclarations"
    declared = messages(given, at)
    for i, each in enumerate(declared):
        if not text(each.get("name"), f"{at}[{i}].name"):
            raise invalid(f"{at}[{i}].name", "a function needs a name.")
        text(each.get("description"), f"{at}[{i}].description")
        for name in ("parameters", "parametersJsonSchema"):
            message(either(each, name), f"{at}[{i}].{name}")
    return {**tool, "functionDeclarations": declared}


def _config(config: Body) -> Body:
    config = dict(config)

    def at(name: str) -> str:
        return f"generationConfig.{name}"

    for name in ("topK", "maxOutputTokens", "seed", "candidateCount", "logprobs"):
        config[name] = whole(either(config, name), at(name))
    for name in ("temperature", "topP", "presencePenalty", "frequencyPenalty"):
        config[name] = number(either(config, name), at(name))
    bounds = {"temperature": (0.0, 2.0), "topP": (0.0, 1.0), "topK": (0, 2**31), "maxOutputTokens": (1, 2**31)}
    for name, (low, high) in {**bounds, "logprobs": (0, _MOST_LOGPROBS)}.items():
        if config[name] is not None and not low <= config[name] <= high:
            raise invalid(at(name), f"must be between {low} and {high}.")
    config["responseLogprobs"] = flag(either(config, "responseLogprobs"), at("responseLogprobs"))
    for name in ("stopSequences", "responseModalities"):
        config[name] = strings(either(config, name), at(name))
    config["responseMimeType"] = text(either(config, "responseMimeType"), at("responseMimeType"))
    for name in ("responseSchema", "responseJsonSchema"):
        if either(config, name) is not None:
            config[name] = message(either(config, name), at(name))
    thinking = dict(message(either(config, "thinkingConfig"), at("thinkingConfig")))
    thinking["thinkingBudget"] = whole(either(thinking, "thinkingBudget"), at("thinkingConfig.thinkingBudget"))
    thinking["includeThoughts"] = flag(either(thinking, "includeThoughts"), at("thinkingConfig.includeThoughts"))
    return {**config, "thinkingConfig": thinking}
