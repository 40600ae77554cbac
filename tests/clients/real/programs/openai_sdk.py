"""A program of a user's with OpenAI's own client: a chat with a tool, by chat completions and streamed, and titles as
structured output, by responses.

``python program.py new|on|title TEXT``: a new chat, the last one again, or a title for a text.
"""

import json
import subprocess
import sys
from pathlib import Path

from openai import OpenAI
from pydantic import BaseModel

MODEL = "auto"
HISTORY = Path("chat.json")
SYSTEM = "You are a helpful assistant."
TOOL = {
    "type": "function",
    "function": {
        "name": "run_command",
        "description": "Run a shell command and return its output.",
        "parameters": {
            "type": "object",
            "properties": {"command": {"type": "string"}},
            "required": ["command"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}

client = OpenAI()


class Title(BaseModel):
    title: str


def run_command(command: str) -> str:
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


def chat(messages: list) -> str:
    """The answer; the messages get what was said and done on the way."""
    while True:
        with client.chat.completions.stream(model=MODEL, messages=messages, tools=[TOOL]) as stream:
            message = stream.get_final_completion().choices[0].message
        messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}))
        if not message.tool_calls:
            return message.content
        for call in message.tool_calls:
            result = run_command(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def title(text: str) -> str:
    answer = client.responses.parse(
        model=MODEL,
        instructions="Write a short title for the conversation.",
        input=text,
        text_format=Title,
        store=False,
    )
    return answer.output_parsed.title


what, text = sys.argv[1:]
if what == "title":
    print(title(text))
else:
    history = json.loads(HISTORY.read_text()) if what == "on" else [{"role": "system", "content": SYSTEM}]
    history.append({"role": "user", "content": text})
    print(chat(history))
    HISTORY.write_text(json.dumps(history))
