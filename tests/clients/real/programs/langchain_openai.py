"""A program of a user's with LangChain's OpenAI package: a chat with a tool, and titles as structured output.

``python program.py new|on|title TEXT``: a new chat, the last one again, or a title for a text.
"""

import json
import subprocess
import sys
from pathlib import Path

from langchain_core.messages import HumanMessage, SystemMessage, messages_from_dict, messages_to_dict
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

MODEL = "auto"
HISTORY = Path("chat.json")


@tool
def run_command(command: str) -> str:
    """Run a shell command and return its output."""
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


class Title(BaseModel):
    title: str


model = ChatOpenAI(model=MODEL)
assistant = model.bind_tools([run_command])
titles = model.with_structured_output(Title)


def chat(messages: list) -> str:
    """The answer; the messages get what was said and done on the way."""
    while True:
        answer = assistant.invoke(messages)
        messages.append(answer)
        if not answer.tool_calls:
            return answer.text
        messages.extend(run_command.invoke(call) for call in answer.tool_calls)


what, text = sys.argv[1:]
if what == "title":
    print(titles.invoke([SystemMessage("Write a short title for the conversation."), HumanMessage(text)]).title)
else:
    system = [SystemMessage("You are a helpful assistant.")]
    history = messages_from_dict(json.loads(HISTORY.read_text())) if what == "on" else system
    history.append(HumanMessage(text))
    print(chat(history))
    HISTORY.write_text(json.dumps(messages_to_dict(history)))
