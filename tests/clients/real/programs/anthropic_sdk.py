"""A program of a user's with Anthropic's own client: a chat with a tool, streamed, and titles as structured output.

``python program.py new|on|title TEXT``: a new chat, the last one again, or a title for a text.
"""

import json
import subprocess
import sys
from pathlib import Path

from anthropic import Anthropic
from pydantic import BaseModel

MODEL = "auto"
HISTORY = Path("chat.json")
TOOL = {
    "name": "run_command",
    "description": "Run a shell command and return its output.",
    "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}

client = Anthropic()


class Title(BaseModel):
    title: str


def run_command(command: str) -> str:
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


def chat(messages: list) -> str:
    """The answer; the messages get what was said and done on the way."""
    while True:
        with client.messages.stream(
            model=MODEL, max_tokens=1000, system="You are a helpful assistant.", messages=messages, tools=[TOOL]
        ) as stream:
            message = stream.get_final_message()
        messages.append({"role": "assistant", "content": [block.to_dict() for block in message.content]})
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content if block.type == "text")
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": run_command(**call.input)} for call in calls
        ]
        messages.append({"role": "user", "content": results})


def title(text: str) -> str:
    answer = client.messages.parse(
        model=MODEL,
        max_tokens=100,
        system="Write a short title for the conversation.",
        messages=[{"role": "user", "content": text}],
        output_format=Title,
    )
    return answer.parsed_output.title


what, text = sys.argv[1:]
if what == "title":
    print(title(text))
else:
    history = json.loads(HISTORY.read_text()) if what == "on" else []
    history.append({"role": "user", "content": text})
    print(chat(history))
    HISTORY.write_text(json.dumps(history))
