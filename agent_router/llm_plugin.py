"""The router's models for Simon Willison's `llm`, wherever both are installed: `llm -m agent-router/auto 'hi'`.

`llm` asks at every command which models there are, so that this loads nothing that llm has not loaded, and asks the
router only where it is on this machine, for a fraction of a second. Source: llm's documentation, "Plugin hooks".
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pluggy

from agent_router.addresses import is_loopback
from agent_router.router_url import key_variable, router_url

NAME = "agent-router"
ALWAYS = ("auto", "local", "closed")
"""Models that every router has."""
_WAIT_S = 0.5
_REMEMBERED_S = 10

hookimpl = pluggy.HookimplMarker("llm")


@hookimpl  # type: ignore[untyped-decorator, unused-ignore]
def register_models(register: Callable[..., None]) -> None:
    """Every model of text, each for llm's plain and asynchronous calls."""
    models = _classes()
    if models is None:
        return
    url = router_url()
    for name in dict.fromkeys((*ALWAYS, *(name for name, kind in known_models(url) if kind != "embedding"))):
        register(models.RouterChat(NAME, name, url), models.AsyncRouterChat(NAME, name, url))


@hookimpl  # type: ignore[untyped-decorator, unused-ignore]
def register_embedding_models(register: Callable[..., None]) -> None:
    """`agent-router/auto`, and every embedding model that the router lists."""
    models = _classes()
    if models is None:
        return
    url = router_url()
    for name in dict.fromkeys(("auto", *(name for name, kind in known_models(url) if kind == "embedding"))):
        register(models.RouterEmbedding(NAME, name, url))


def _classes() -> Any:
    try:
        from agent_router import llm_models
    except ImportError as error:  # rather than that no model of any plugin can be used
        warnings.warn(f"agent-router cannot be used with this version of llm: {error}", stacklevel=2)
        return None
    return llm_models


def known_models(url: str) -> list[tuple[str, str]]:
    """(name, type) of the models that the router at `url` lists; of its last answer where it does not run: a model that
    is unknown would be all that llm could say."""
    found = _asked(url, int(time.monotonic() / _REMEMBERED_S))
    kept = _kept()
    if found is None:
        return _read(kept)
    if found != _read(kept):
        try:
            kept.write_text(json.dumps(found))
        except OSError:
            pass
    return found


def _kept() -> Path:
    import llm

    return Path(llm.user_dir()) / "agent-router-models.json"


def _read(kept: Path) -> list[tuple[str, str]]:
    try:
        return [(str(name), str(kind)) for name, kind in json.loads(kept.read_text())]
    except (OSError, ValueError, TypeError):
        return []


@lru_cache(maxsize=4)
def _asked(url: str, moment: int) -> list[tuple[str, str]] | None:
    """What `GET /v1/models` says; None where it says nothing, or is not this machine's. `moment` bounds how long it
    holds."""
    from http.client import HTTPConnection, HTTPException

    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        return None
    variable = key_variable()
    key = os.environ.get(variable, "").strip() if variable else ""
    try:
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_WAIT_S)
        try:
            connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {key}"} if key else {})
            response = connection.getresponse()
            said = json.loads(response.read()) if response.status == 200 else {}
        finally:
            connection.close()
        return [(str(entry["id"]), str(entry.get("type") or "chat")) for entry in said["data"]]
    except (OSError, ValueError, HTTPException, KeyError, TypeError, AttributeError):
        return None
