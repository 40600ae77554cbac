"""smolagents, whose agents answer by a tool, `final_answer`, and see results as turns of the user. Its small task: a
title, from an agent that has no other tool."""

from __future__ import annotations

from tests.clients.real.client import Client
from tests.clients.real.program import OPENAI, Program

_PROGRAM = Program("smolagents", OPENAI)

CLIENT = Client(
    name="smolagents",
    title="smolagents",
    manager="pypi",
    packages=("smolagents[openai]",),
    connect=None,
    setup=_PROGRAM.setup,
    ask=_PROGRAM.ask,
    background=_PROGRAM.title,
    calls=("structured",),
)
