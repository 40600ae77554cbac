"""A form that a page of this router sent, and the refusal of any other."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.requests import ClientDisconnect

from agent_dashboards.page_error import PageError
from agent_dashboards.page_token import PageTokens

MOST_BYTES = 16 * 1024
_FIELDS = 16
_SECONDS = 10
_FORM = "application/x-www-form-urlencoded"
_NOT_OURS = (
    "This did not come from a page that the router has just shown, so nothing was changed. "
    "Open the page again, and try once more: pages that were open while the router restarted have to be reloaded."
)


async def posted_form(request: Request, tokens: PageTokens) -> dict[str, str]:
    """The fields of a form, without its token. PageError: 403 if it is not from one of our own pages, 413, 415, 400.

    Browsers say where a form comes from: what they say must be this very host and port. What says nothing is no
    browser that a foreign page could use (all send Origin with a form); then the token alone has to do.
    """
    if not _same_origin(request):
        raise PageError(403, _NOT_OURS)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise PageError(415, "Only a form can be sent here.")
    body = await _body(request)
    try:
        fields = dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise PageError(400, "The form has more fields than any form here.") from None
    if not tokens.holds(request.scope["path"], fields.pop("token", "")):
        raise PageError(403, _NOT_OURS)
    return fields


def _same_origin(request: Request) -> bool:
    sites, origins = request.headers.getlist("sec-fetch-site"), request.headers.getlist("origin")
    host = request.headers.get("host", "").lower()
    return all(site.strip().lower() == "same-origin" for site in sites) and all(
        # Without the scheme: behind a proxy that speaks https, this end does not know it.
        origin.lower().partition("://")[2] == host != ""
        for origin in origins
    )


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise PageError(413, "The form is larger than any form here.")
    except (TimeoutError, ClientDisconnect):
        raise PageError(408, "The form did not arrive.") from None
    return body
