"""Addresses of pages: the rows behind a figure."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote


def requests_address(since: date | None = None, until: date | None = None, **filters: str | None) -> str:
    """The page of the requests that the filters leave, of the days from `since` to `until`, both counted in.
    Filters are those of `CallFilter`."""
    given: dict[str, str | None] = dict(filters)
    given["since"] = since.isoformat() if since else None
    given["until"] = (until + timedelta(days=1)).isoformat() if until else None
    pairs = [f"{name}={quote(value, safe='', errors='replace')}" for name, value in given.items() if value is not None]
    return "/requests" + ("?" + "&".join(pairs) if pairs else "")


def call_address(source: str, key: str) -> str:
    """The page of one call."""
    given = {"source": source} if source != "proxy" else {}
    path = quote(key, safe="", errors="replace")
    if key in (".", "..") or not key.isprintable():  # a browser would take them for something else
        path, given = "-", {**given, "key": key}
    pairs = [f"{name}={quote(value, safe='', errors='replace')}" for name, value in given.items()]
    return f"/requests/{path}" + ("?" + "&".join(pairs) if pairs else "")


def family_address(name: str) -> str:
    """The page of a family."""
    return f"/families/{quote(name, safe='', errors='replace')}"
