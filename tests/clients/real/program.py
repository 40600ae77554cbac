"""A program that a user has written with a library: it is no client by itself, so one stands in for many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.clients.real.client import Place

_PROGRAMS = Path(__file__).parent / "programs"
_MAIL = "The printer on the second floor is out of paper again. Could somebody look after it today?"


@dataclass(frozen=True)
class Program:
    """`programs/<name>.py`, run by the library's own Python. environment: what it is told by variables, with `{url}`
    where the router's address belongs."""

    name: str
    environment: tuple[tuple[str, str], ...]

    def setup(self, place: Place) -> None:
        """Puts it into the working directory, with the model that it is to ask for."""
        text = (_PROGRAMS / f"{self.name}.py").read_text()
        (place.work / "program.py").write_text(text.replace('MODEL = "auto"', f'MODEL = "{place.model}"'))

    def ask(self, place: Place, prompt: str, resume: bool) -> str:
        """What it shows in a chat, a new one or its last."""
        return self._run(place, "on" if resume else "new", prompt)

    def title(self, place: Place) -> str:
        """What it shows when it is to give a title to a mail: what a program does again and again."""
        return self._run(place, "title", _MAIL)

    def _run(self, place: Place, what: str, text: str) -> str:
        variables = {name: value.format(url=place.url) for name, value in self.environment}
        return place.run(str(place.install / "venv" / "bin" / "python"), "program.py", what, text, **variables)


OPENAI = (("OPENAI_BASE_URL", "{url}/v1"), ("OPENAI_API_KEY", "agent-router"))
"""How all that is built on OpenAI's client is pointed somewhere."""
AGENTS = (*OPENAI, ("OPENAI_AGENTS_DISABLE_TRACING", "1"))
"""The Agents SDK sends a trace of each run to OpenAI, wherever the model is, unless told not to."""
ANTHROPIC = (("ANTHROPIC_BASE_URL", "{url}"), ("ANTHROPIC_API_KEY", "agent-router"))
"""How all that is built on Anthropic's client is pointed somewhere."""
