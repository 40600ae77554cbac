"""Which agent sends a request, by its headers, and where these name only a library by its system prompt."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

# Beginnings of User-Agent or `originator`, lower case, in the order in which they are tried.
_KNOWN = (
    ("openclaw", "openclaw"),
    ("claude-cli", "claude-code"),
    ("claude-code", "claude-code"),
    ("codex", "codex"),
    ("opencode", "opencode"),
    ("geminicli", "gemini-cli"),
    ("qwencode", "qwen-code"),
    ("copilot", "copilot"),
    ("cline", "cline"),
    ("aider", "aider"),
    ("litellm", "litellm"),
    ("openai/python", "openai-python"),
    ("asyncopenai/python", "openai-python"),
    ("openai/js", "openai-js"),
    ("anthropic/python", "anthropic-python"),
    ("anthropic/js", "anthropic-js"),
    ("agents/", "openai-agents"),
)
# Libraries and runtimes, which say nothing about the agent.
_LIBRARIES = frozenset(
    {
        *("openai-python", "openai-js", "anthropic-python", "anthropic-js", "litellm", "ai-sdk", "ai", "langchain"),
        *("python-requests", "python-httpx", "httpx", "aiohttp", "python", "python-urllib", "urllib3", "okhttp"),
        *("node", "node-fetch", "undici", "axios", "bun", "deno", "got", "go-http-client", "reqwest", "hyper", "curl"),
        *("mozilla", "google-genai-sdk", "google-api-nodejs-client", "google-api-python-client", "java-http-client"),
    }
)
# What an agent's system prompt says of itself in its first words, lower case, in the order in which they are tried.
_SIGNATURES = (
    ("running inside openclaw", "openclaw"),
    ("write an activity recap for someone scanning their tasks", "openclaw"),
    ("generate a concise session title (3-6 words", "openclaw"),
    ("generate a very short topic label (2-4 words", "openclaw"),
    ("you are opencode", "opencode"),
    ("claude code", "claude-code"),
    ("claude agent sdk", "claude-code"),
    ("codex cli", "codex"),
    ("running in codex", "codex"),
    ("you are qwen code", "qwen-code"),
    ("managed memory extraction subagent", "qwen-code"),
    ("gemini cli", "gemini-cli"),
    ("cli agent specializing in software engineering tasks", "gemini-cli"),
    ("operating inside pi,", "pi"),
    ("running inside pi,", "pi"),
    ("you are cline", "cline"),
    ("coding session into a concise continuation note", "cline"),
    ("you are roo", "roo-code"),
    ("you are kilo code", "kilo-code"),
    ("github copilot", "copilot"),
    ("you are hermes", "hermes-agent"),
    ("open interpreter", "open-interpreter"),
    ("act as an expert software developer", "aider"),
    ("act as an expert code analyst", "aider"),
    ("act as an expert architect engineer", "aider"),
    ("generates concise, one-line git commit messages", "aider"),
    ("summarize this partial conversation about programming", "aider"),
    ("title (3-7 words) for a conversation that starts with the following exchange", "hermes-agent"),
    ("in the continue cli", "continue"),
    ("helpful assistant that can interact with a computer.", "mini-swe-agent"),
    ("an expert assistant who can solve any task using", "smolagents"),
    ("you are goose", "goose"),
    ("created by block", "goose"),
)
# How a conversation begins that has no system prompt, because an agent asks something on its own account, lower case.
_OPENINGS = (
    ("you are a summarization agent creating a context checkpoint", "hermes-agent"),
    ("given the following... please reply with a title for the chat", "continue"),
)
# A client made from an API's description names itself so, whatever a bundler has made of its name.
_GENERATED = re.compile(r"\w{1,40}/(?:js|python) \d", re.IGNORECASE)
_FIRST_WORDS = 1024  # characters
_SESSION_HEADERS = (b"session-id", b"x-session-id", b"x-claude-code-session-id", b"thread-id", b"x-session-affinity")
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


def agent(headers: Mapping[bytes, bytes], system: str = "", told: str = "", opening: str = "") -> str | None:
    """The agent's name, lower case: `x-agent-router-agent` if the user set it, else what the headers give away, else
    what its body says of it (`told`), else its system prompt or how the first turn begins (`opening`), else the library
    that it is built with."""
    chosen = headers.get(b"x-agent-router-agent")
    if chosen and (name := _name(chosen[:256])):
        return name
    library: str | None = None
    for header in (b"originator", b"user-agent"):
        value = headers.get(header)
        if value and (name := _name(value[:256])):
            if name not in _LIBRARIES and not _GENERATED.match(value[:80].decode("latin-1")):
                return name
            library = library or name
    return (
        (_name(told[:256].encode("latin-1", "replace")) if told else None)
        or _signed(system[:_FIRST_WORDS])
        or _opened(opening[:_FIRST_WORDS])
        or library
    )


@lru_cache(maxsize=256)
def _name(header: bytes) -> str | None:
    value = header.decode("latin-1").strip()
    product = _PRODUCT.match(value)
    if product is None:
        return None
    lowered = value.lower()
    known = next((name for start, name in _KNOWN if lowered.startswith(start)), None)
    return known or product.group().lower()


def _signed(first_words: str) -> str | None:
    lowered = first_words.lower()
    return next((name for words, name in _SIGNATURES if words in lowered), None)


def _opened(first_words: str) -> str | None:
    lowered = first_words.lstrip().lower()
    return next((name for words, name in _OPENINGS if lowered.startswith(words)), None)


def session(headers: Mapping[bytes, bytes], salt: bytes, told: str = "") -> str | None:
    """A salted hash of the session id that some agents send, in a header or (`told`) in the body; None if there is
    none."""
    sent = (headers.get(header) for header in _SESSION_HEADERS)
    value = next((value for value in sent if value), told.encode("utf-8", "replace"))
    return hashlib.blake2b(value, digest_size=6, key=salt[:64]).hexdigest() if value else None
