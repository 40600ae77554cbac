"""An agent: where its settings lie, what it is pointed at, and what it would use by what they say now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent_router.agents.settings import Settings
from agent_router.settings import NO_KEY

Wire = Literal["chat", "responses", "messages", "gemini"]


@dataclass(frozen=True)
class Target:
    """What an agent is to be pointed at.

    url: the router's address, without /v1. key: what it is to send as API key; variable: the environment variable that
    holds it, None where the router demands no key and `key` is only a word.
    main, background: the model for what the user asks, and for the calls that the agent makes by itself; None leaves
    that slot as it is. context_window: tokens of a prompt and its answer, beyond which the agent is to shorten its
    conversation: agents guess wrongly for a model's name that they do not know. output: the most tokens of an answer.
    status_line: the command that says in a line how today's use divides, for an agent that shows such a line.
    """

    url: str
    key: str = NO_KEY
    variable: str | None = None
    main: str | None = "auto"
    background: str | None = "auto"
    context_window: int = 128_000
    output: int = 32_000
    status_line: str | None = None

    @property
    def v1(self) -> str:
        """The base URL for OpenAI's clients."""
        return f"{self.url}/v1"


def named(agent: str) -> dict[str, str]:
    """The header by which an agent says who it is, for those that name only the library that they are built with."""
    return {"x-agent-router-agent": agent}


@dataclass(frozen=True)
class Pointed:
    """What an agent uses by its settings: `url` as it is written there, a key, models."""

    url: str
    key: str
    main: str | None
    background: str | None


@dataclass(frozen=True)
class Agent:
    """One agent.

    name: as in `agent-router connect NAME`. program: the command that starts it, None if there is none.
    wire: the dialect it speaks to the router. background: what it sends to its slot for a small model, in words; None
    if it has no such slot. point: writes a target into its settings. read: what its settings say, None if they do not
    name the router. overrides: variables of the environment that go before its settings. then: what is left to do.
    vendor: the kind of upstream that its own models need, where it has one address for all models; None where a
    provider is added beside those that it has.
    """

    name: str
    title: str
    program: str | None
    wire: Wire
    background: str | None
    point: Callable[[Settings, Target], None]
    read: Callable[[Settings], Pointed | None]
    overrides: tuple[str, ...] = ()
    then: str | None = None
    vendor: Literal["anthropic", "gemini", "openai"] | None = None
