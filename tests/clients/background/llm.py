"""llm: it only asks what it is told to."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / "llm"
    folder.mkdir()
    (folder / "extra-openai-models.yaml").write_text(
        f"- model_id: router\n  model_name: {place.model}\n  api_base: {place.url}/v1\n"
        "  headers: {x-agent-router-agent: llm}\n"
    )
    for asks in sessions:
        for turn, ask in enumerate(asks):
            more = ("-c",) if turn else ("-m", "router")
            place.run(place.program("llm"), *more, ask, LLM_USER_PATH=str(folder), OPENAI_API_KEY="k")


CLIENT = Client(name="llm", folder="llm", package="llm", rules=(Rule(None, '"messages"', "raw"),), drive=drive)
