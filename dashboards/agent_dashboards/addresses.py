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
