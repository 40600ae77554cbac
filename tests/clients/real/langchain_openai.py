"""LangChain's OpenAI package. Its small task: a title, as structured output."""

from __future__ import annotations

from tests.clients.real.client import Client
from tests.clients.real.program import OPENAI, Program

_PROGRAM = Program("langchain_openai", OPENAI)

CLIENT = Client(
    name="langchain-openai",
    title="LangChain",
    manager="pypi",
    packages=("langchain-openai",),
    connect=None,
    setup=_PROGRAM.setup,
    ask=_PROGRAM.ask,
    background=_PROGRAM.title,
    calls=("title",),
    agent="openai-python",
)
