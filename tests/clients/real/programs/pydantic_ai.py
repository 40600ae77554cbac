"""A program of a user's with Pydantic AI: an agent with a tool, and another one that gives titles as structured output.

``python program.py new|on|title TEXT``: a new chat, the last one again, or a title for a text.
"""

import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic_ai import Agent, ModelMessagesTypeAdapter

MODEL = "auto"
HISTORY = Path("chat.json")

assistant = Agent(f"openai:{MODEL}", instructions="You are a helpful assistant.")


@assistant.tool_plain
def run_command(command: str) -> str:
    """Run a shell command and return its output."""
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


class Title(BaseModel):
    title: str


titles = Agent(f"openai:{MODEL}", instructions="Write a short title for the conversation.", output_type=Title)

what, text = sys.argv[1:]
if what == "title":
    print(titles.run_sync(text).output.title)
else:
    history = ModelMessagesTypeAdapter.validate_json(HISTORY.read_bytes()) if what == "on" else []
    result = assistant.run_sync(text, message_history=history)
    print(result.output)
    HISTORY.write_bytes(result.all_messages_json())
