"""Copilot CLI, with a provider of the user's own. In its own screen it compacts when told to."""

from __future__ import annotations

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal


def setup(place: Place) -> None:
    """Nothing: it is told by variables."""


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("copilot", "--allow-all-tools", *(["--continue"] if resume else []), "-p", prompt, **told(place))


def background(place: Place) -> str:
    with terminal(place, "copilot", "--allow-all-tools", **told(place)) as screen:
        screen.settle(3, 30)
        if "trust" in screen.shown:
            screen.enter("")
            screen.settle(2)
        for said in ("SAY alpha", "SAY beta", "/compact"):
            screen.enter(said)
            screen.settle(5, 40)  # it draws only what changes, so that no text is found whole
        return screen.shown


def told(place: Place) -> dict[str, str]:
    """Its provider and model, as variables."""
    return {
        "COPILOT_PROVIDER_BASE_URL": f"{place.url}/v1",
        "COPILOT_PROVIDER_API_KEY": "agent-router",
        "COPILOT_MODEL": place.model,
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
    }


CLIENT = Client(
    name="copilot",
    title="Copilot CLI",
    manager="npm",
    packages=("@github/copilot",),
    connect=None,
    setup=setup,
    ask=ask,
    background=background,
    calls=("summary",),
)
