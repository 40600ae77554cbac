"""Pydantic AI. Its small task: a title, as the output type of an agent, which is a tool that must be called."""

from __future__ import annotations

from tests.clients.real.client import Client
from tests.clients.real.program import OPENAI, Program

_PROGRAM = Program("pydantic_ai", OPENAI)

CLIENT = Client(
    name="pydantic-ai",
    title="Pydantic AI",
    manager="pypi",
    packages=("pydantic-ai",),
    connect=None,
    setup=_PROGRAM.setup,
    ask=_PROGRAM.ask,
    background=_PROGRAM.title,
    calls=("title",),
)
