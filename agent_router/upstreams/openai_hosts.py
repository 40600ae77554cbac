"""Which addresses are OpenAI's own, and which serve its models as it does."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_openais(address: str) -> bool:
    """Whether this is OpenAI itself, whose regions have hosts of their own."""
    host = _host(address)
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def serves_openais(address: str) -> bool:
    """Whether what only OpenAI's servers know is known there: at OpenAI, and in Azure."""
    return is_openais(address) or _host(address).endswith((".openai.azure.com", ".azure-api.net"))


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""
