"""Whether an answer is right, and how a closed model would have worded it."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from tests.bench.routing.traffic import Asked, call_in

_WORD = re.compile(r"\w+")
_ENOUGH = 0.6  # share of words that a title or a summary has in common with the right one


def right(asked: Asked, message: dict[str, Any]) -> bool:
    """Whether the message of a chat completion answers what was asked."""
    text = message.get("content") or ""
    calls = message.get("tool_calls") or []
    if asked.kind == "call":
        return bool(calls) and _call(calls[0]) == call_in(asked.answer)
    if calls:
        return False
    if asked.kind == "json":
        return _json(text) == _json(asked.answer)
    if asked.kind == "loose":
        said, wanted = set(_words(text)), set(_words(asked.answer))
        return bool(said) and len(said & wanted) / len(said | wanted) >= _ENOUGH
    return _words(text) == _words(asked.answer)


def worded(asked: Asked, rng: random.Random) -> dict[str, Any]:
    """The message of a closed model that is right: in words of its own where words may differ."""
    if asked.kind == "call":
        name, arguments = call_in(asked.answer)
        call = {"id": f"call_{rng.randrange(10**9)}", "type": "function"}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{**call, "function": {"name": name, "arguments": json.dumps(arguments)}}],
        }
    text = asked.answer
    if asked.kind == "json":
        text = json.dumps(json.loads(text), indent=rng.choice((None, 2)), ensure_ascii=False)
    elif asked.kind == "loose":
        text = rng.choice((text, text, text[:1].upper() + text[1:], text.rstrip(".") + ".", f"{text} now"))
    elif rng.random() < 0.2:
        text = rng.choice((text + "\n", f" {text}", text.rstrip(".") + "."))
    return {"role": "assistant", "content": text}


def wrong(asked: Asked, rng: random.Random) -> dict[str, Any]:
    """A message that is not right, as a closed model gives one now and then."""
    message = worded(asked, rng)
    if asked.kind == "call":
        message["tool_calls"][0]["function"]["arguments"] = "{}"
    elif asked.kind == "json":
        message["content"] = json.dumps(dict.fromkeys(json.loads(asked.answer)))
    else:
        message["content"] = f"I am not sure, perhaps {rng.randrange(1000)}."
    return message


def _call(call: dict[str, Any]) -> tuple[str, Any]:
    return call["function"]["name"], _json(call["function"]["arguments"])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return object()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
