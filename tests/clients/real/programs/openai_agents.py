"""A program of a user's with the OpenAI Agents SDK: an agent with a tool and a session, and another one that gives
titles as structured output.

``python program.py new|on|title TEXT``: a new chat, the last one again, or a title for a text.
"""

import subprocess
import sys
from pathlib import Path

from agents import Agent, Runner, SQLiteSession, function_tool
from pydantic import BaseModel

MODEL = "auto"
HISTORY = Path("chat.sqlite3")


@function_tool
def run_command(command: str) -> str:
    """Run a shell command and return its output."""
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


class Title(BaseModel):
    title: str


assistant = Agent(name="Assistant", instructions="You are a helpful assistant.", model=MODEL, tools=[run_command])
titles = Agent(name="Titles", instructions="Write a short title for the conversation.", model=MODEL, output_type=Title)

what, text = sys.argv[1:]
if what == "title":
    print(Runner.run_sync(titles, text).final_output.title)
else:
    if what == "new":
        HISTORY.unlink(missing_ok=True)
    print(Runner.run_sync(assistant, text, session=SQLiteSession("chat", HISTORY)).final_output)
