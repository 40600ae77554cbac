"""The router's models as `llm` calls them: its own classes for OpenAI's API, at the router's address.

Imported by `llm_plugin` when llm asks for models, and by nothing else: llm is no dependency.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import click
import llm
import openai
from llm.default_plugins.openai_models import AsyncChat, Chat

from agent_router.addresses import is_loopback
from agent_router.router_url import key_variable

AGENT = "llm"
"""How the router's ledger names these calls."""


class RouterError(llm.ModelError, click.ClickException):  # type: ignore[misc]
    """What went wrong, as a sentence; also where llm itself turns no error into one."""


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    """Errors as sentences: the router's own, or that it does not run."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise RouterError(f"The router at {url} did not answer in time.") from error
    except openai.APIConnectionError as error:
        raise RouterError(
            f"No router answers at {url}. Start it with `agent-router serve`, or for good with `agent-router service "
            "install`. Another address: AGENT_ROUTER_URL."
        ) from error
    except openai.APIError as error:
        said = error.body.get("message") if isinstance(error.body, dict) else None
        raise RouterError(str(said or error)) from error


def _connected(client: Any, url: str) -> Any:
    """The client without tries of its own, as the router has made them, and to this machine without a proxy."""
    more: dict[str, Any] = {"max_retries": 0}
    if is_loopback(urlsplit(url).hostname or "") and not os.environ.get("LLM_OPENAI_SHOW_RESPONSES"):
        made = openai.DefaultAsyncHttpxClient if isinstance(client, openai.AsyncOpenAI) else openai.DefaultHttpxClient
        more["http_client"] = made(trust_env=False)
    return client.with_options(**more)


class _ThroughRouter:
    """What both kinds of call have in common."""

    def __init__(self, plugin: str, name: str, url: str) -> None:
        variable = key_variable()
        self.needs_key = plugin if variable else None
        self.key_env_var = variable
        self.url = url
        super().__init__(  # type: ignore[call-arg]
            f"{plugin}/{name}",
            model_name=name,
            api_base=f"{url}/v1",
            headers={"x-agent-router-agent": AGENT},
            vision=True,
            audio=True,
            reasoning=True,
            supports_schema=True,
            supports_tools=True,
        )

    def __str__(self) -> str:
        return f"agent-router: {self.model_id}"  # type: ignore[attr-defined]

    def get_client(self, key: str | None, *, async_: bool = False) -> Any:
        """The OpenAI client, at the router's address."""
        return _connected(super().get_client(key, async_=async_), self.url)  # type: ignore[misc]


class RouterChat(_ThroughRouter, Chat):  # type: ignore[misc]
    """A model of the router."""

    def execute(self, *arguments: Any, **named: Any) -> Iterator[Any]:
        """llm's own, with errors for people."""
        with _in_words(self.url):
            yield from super().execute(*arguments, **named)


class AsyncRouterChat(_ThroughRouter, AsyncChat):  # type: ignore[misc]
    """A model of the router, asynchronously."""

    async def execute(self, *arguments: Any, **named: Any) -> AsyncGenerator[Any, None]:
        """llm's own, with errors for people."""
        with _in_words(self.url):
            async for event in super().execute(*arguments, **named):
                yield event


class RouterEmbedding(llm.EmbeddingModel):  # type: ignore[misc]
    """An embedding model of the router."""

    batch_size = 100

    def __init__(self, plugin: str, name: str, url: str) -> None:
        variable = key_variable()
        self.model_id = f"{plugin}/{name}"
        self.needs_key = plugin if variable else None
        self.key_env_var = variable
        self.url = url
        self._name = name

    def __str__(self) -> str:
        return f"agent-router: {self.model_id}"

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        """A vector for each text."""
        client = openai.OpenAI(
            api_key=key or "none", base_url=f"{self.url}/v1", default_headers={"x-agent-router-agent": AGENT}
        )
        with _in_words(self.url):
            found = _connected(client, self.url).embeddings.create(model=self._name, input=list(items))
        for entry in found.data:
            yield [float(number) for number in entry.embedding]
