"""The same calls in each library's capture: whole and streamed, of a tool, refused, not asynchronous and asynchronous."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.request
from typing import Any

URL = os.environ["SCRIPTED_URL"]
KEY = "sk-scripted"
CLAUDE = "claude-opus-4-8"
_PARAMETERS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
_BASH = {"name": "bash", "description": "Runs a command.", "parameters": _PARAMETERS}


def next_fails(behaviour: str = "status:code=500") -> None:
    """What becomes of the next request."""
    body = json.dumps([behaviour, "ok"]).encode()
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_script", body, method="POST")).close()


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def chat_completions() -> None:
    """Six answers and a refusal."""
    import openai

    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
    ask = client.chat.completions.create
    ask(model="gpt-5.4", messages=[user("SAY pineapple")])
    options = {"include_usage": True}
    for _ in ask(model="gpt-5.4-mini", messages=[user("SAY walrus")], stream=True, stream_options=options):
        pass
    tools: Any = [{"type": "function", "function": _BASH}]
    messages: list[Any] = [user("RUN printf 'colour-%s' 7")]
    message = ask(model="gpt-5.4", messages=messages, tools=tools).choices[0].message
    called = message.tool_calls[0].id
    messages += [message, {"role": "tool", "tool_call_id": called, "content": "colour-7"}]
    for _ in ask(model="gpt-5.4", messages=messages, tools=tools, stream=True, stream_options=options):
        pass
    next_fails()
    try:
        ask(model="gpt-5.4", messages=[user("SAY gravel")])
    except openai.InternalServerError:
        pass

    async def later() -> None:
        async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0) as other:
            ask = other.chat.completions.create
            await ask(model="qwen3-32b", messages=[user("SAY pebble")])
            stream = await ask(model="qwen3-32b", messages=[user("SAY moss")], stream=True, stream_options=options)
            async for _ in stream:
                pass

    asyncio.run(later())


def responses() -> None:
    """Two answers and a refusal."""
    import openai

    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
    client.responses.create(model="gpt-5.4", input="SAY pineapple")
    for _ in client.responses.create(model="gpt-5.4-mini", input="SAY walrus", stream=True):
        pass
    next_fails()
    try:
        client.responses.create(model="gpt-5.4", input="SAY gravel")
    except openai.InternalServerError:
        pass


def messages() -> None:
    """Six answers and a refusal."""
    import anthropic

    client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
    ask = client.messages.create
    ask(model=CLAUDE, max_tokens=500, messages=[user("SAY pineapple")])
    for _ in ask(model=CLAUDE, max_tokens=500, messages=[user("SAY walrus")], stream=True):
        pass
    tools: Any = [{"name": "bash", "description": "Runs a command.", "input_schema": _PARAMETERS}]
    said: list[Any] = [user("RUN printf 'colour-%s' 7")]
    answer = ask(model=CLAUDE, max_tokens=500, messages=said, tools=tools)
    called = answer.content[-1].id
    result = {"type": "tool_result", "tool_use_id": called, "content": "colour-7"}
    said += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
    with client.messages.stream(model=CLAUDE, max_tokens=500, messages=said, tools=tools) as stream:
        stream.get_final_message()
    next_fails("status:code=529")
    try:
        ask(model=CLAUDE, max_tokens=500, messages=[user("SAY gravel")])
    except anthropic.APIStatusError:
        pass

    async def later() -> None:
        async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as other:
            ask = other.messages.create
            await ask(model="claude-haiku-4-5", max_tokens=500, messages=[user("SAY pebble")])
            async for _ in await ask(
                model="claude-haiku-4-5", max_tokens=500, messages=[user("SAY moss")], stream=True
            ):
                pass

    asyncio.run(later())
