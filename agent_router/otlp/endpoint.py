"""`POST /v1/traces`, `/v1/metrics` and `/v1/logs`: what agents tell by OpenTelemetry's protocol."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from agent_router.errors import ApiError
from agent_router.headers import fields
from agent_router.otlp.frame import Asked
from agent_router.otlp.process import ReceiverProcess
from agent_router.request_body import ClientLeftError, read_body
from agent_telemetry.otlp.answer import Answer, media_type, refused
from agent_telemetry.otlp.records import Signal
from agent_telemetry.otlp.refusal import Refusal

_SIGNALS: Final[tuple[Signal, ...]] = ("traces", "metrics", "logs")


def otlp_endpoint(receiver: ReceiverProcess, limit: int) -> APIRouter:
    """The endpoint; `limit` bounds a body as it comes, in bytes."""
    router = APIRouter(include_in_schema=False)

    async def take(request: Request) -> Response:
        headers = fields(request.headers.raw)
        encoding = headers.pop(b"content-encoding", b"").decode("latin-1")  # undone by the receiver
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        signal: Signal = request.url.path.rpartition("/")[2]  # type: ignore[assignment]
        try:
            body = await read_body(request.receive, headers, limit)
        except ClientLeftError:
            return Response(status_code=499)
        except ApiError as error:
            return _response(refused(media_type(content_type), Refusal(error.status, error.message)))
        return _response(await receiver.take(Asked(signal, content_type, encoding, body)))

    for signal in _SIGNALS:
        router.add_api_route(f"/v1/{signal}", take, methods=["POST"])
    return router


def _response(answer: Answer) -> Response:
    again = {} if answer.retry_after is None else {"retry-after": str(answer.retry_after)}
    if answer.status == 415:
        again["accept-encoding"] = "gzip"
    return Response(answer.body, answer.status, again, media_type=answer.content_type)
