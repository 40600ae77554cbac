"""A program of a user's with smolagents: an agent with a tool, and another one that has only its final answer, which
gives titles.

``python program.py new|on|title TEXT``: a new chat, the last one again, or a title for a text.
"""

import pickle
import subprocess
import sys
from pathlib import Path

from smolagents import LogLevel, OpenAIModel, ToolCallingAgent, tool

MODEL = "auto"
HISTORY = Path("chat.pickle")


@tool
def run_command(command: str) -> str:
    """Run a shell command and return its output.

    Args:
        command: What to run.
    """
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


model = OpenAIModel(MODEL)

what, text = sys.argv[1:]
if what == "title":
    titles = ToolCallingAgent(tools=[], model=model, verbosity_level=LogLevel.ERROR)
    print(titles.run(f"Write a short title for this message.\n\n{text}"))
else:
    assistant = ToolCallingAgent(tools=[run_command], model=model, verbosity_level=LogLevel.ERROR)
    if what == "on":
        assistant.memory.steps = pickle.loads(HISTORY.read_bytes())
    print(assistant.run(text, reset=what == "new"))
    HISTORY.write_bytes(pickle.dumps(assistant.memory.steps))
