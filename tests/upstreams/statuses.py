"""Behaviours that refuse, with the status and the body that real APIs send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import behaviour
from tests.upstreams.step import Step

CODES = {
    400: "invalid_value",
    401: "invalid_api_key",
    403: "unsupported_country_region_territory",
    404: "model_not_found",
    413: "request_too_large",
    422: "unprocessable_entity",
    429: "rate_limit_exceeded",
    500: "server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    529: "overloaded",
}


@behaviour()
def status(
    answer: Answer,
    code: int = 500,
    error: str | None = None,
    retry_after: float | None = None,
    as_date: bool = False,
    html: bool = False,
    echo_key: bool | None = None,
) -> Iterator[Step]:
    """Any status with an error body in the dialect's shape.

    error: the body's code, e.g. context_length_exceeded or insufficient_quota. retry_after: seconds, sent as a
    number or as_date. html: the body is a page, as a proxy in between sends it. echo_key: repeat the caller's key
    in the message, as some APIs do (unless told otherwise, with 400 and 401).
    """
    message = f"The scripted upstream answers {code}."
    if echo_key if echo_key is not None else code in (400, 401):
        message = f"Incorrect API key provided: {answer.request.key}. {message}"
    body = answer.dialect.error(code, message, error or CODES.get(code, "error"))
    if html:
        body = f"<html><head><title>{code}</title></head><body><h1>{code}</h1><hr>nginx</body></html>".encode()
    extra = []
    if retry_after is not None:
        when = datetime.now(UTC) + timedelta(seconds=retry_after)
        extra.append(f"retry-after: {format_datetime(when, usegmt=True) if as_date else f'{retry_after:g}'}")
    refusal = answer.plain(body, code)
    yield refusal.head(content_type="text/html" if html else None, extra=extra) + body


@behaviour()
def redirect(
    answer: Answer, to: str = "http://elsewhere.invalid/v1/chat/completions", code: int = 302
) -> Iterator[Step]:
    """Send the client to another host."""
    away = answer.plain(b"", code)
    yield away.head(extra=[f"location: {to}"])
