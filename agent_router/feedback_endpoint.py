"""`POST /v1/feedback`: a person's or an agent's word on an answer."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from agent_router.errors import ApiError
from agent_router.learning.teacher import Teacher
from agent_router.outcomes.label import feedback
from agent_router.routing.families import CLOSED
from agent_router.wire.chat.render import error_body
from agent_router.wire.json_body import decoded
from agent_telemetry.explanation import explanations

_OWN = re.compile(r"(?:chatcmpl-|cmpl-|resp_|msg_)ar")  # what the ids of answers begin with that are told here
_LARGEST = 64 * 1024
_COMMENT = 2000  # characters
_WRITTEN = 0.2  # seconds, in which the row of an answer is in the ledger


class Feedback(msgspec.Struct):
    """`request_id`: of the header x-agent-router-request-id. `score`: from 0, bad, to 1, good; true, false and -1 are
    understood too. `comment` is kept only with `[routing] keep_text`."""

    request_id: str
    score: float | bool
    comment: str | None = None


_decoder = msgspec.json.Decoder(Feedback)


def feedback_endpoint(teacher: Teacher, ledger: Path, *, keep_text: bool) -> APIRouter:
    """`/v1/feedback` and `/feedback`. Answers 202 once the word is on its way into the ledger."""
    router = APIRouter(include_in_schema=False)

    async def take(request: Request) -> Response:
        try:
            word = _read(await request.body())
            id = _OWN.sub("", word.request_id, count=1).strip()
            score = max(float(word.score), 0.0)
            comment = word.comment[:_COMMENT] if keep_text and word.comment else None
            signal = feedback(score)
            if teacher.side(id) is None:
                await _recall(teacher, ledger, id)
            taught = teacher.teach(id, signal, comment=comment)
        except ApiError as error:
            return Response(error_body(error), error.status, media_type="application/json")
        return JSONResponse({"request_id": id, "score": score, "learnt": taught}, 202)

    for path in ("/v1/feedback", "/feedback"):
        router.add_api_route(path, take, methods=["POST"])
    return router


def _read(body: bytes) -> Feedback:
    if len(body) > _LARGEST:
        raise ApiError(413, "The feedback is larger than 64 KiB.", code="request_too_large")
    word: Feedback = decoded(_decoder, body)
    if not word.request_id.strip():
        raise ApiError(400, "'request_id' is empty.", code="invalid_value", param="request_id")
    if not -1 <= float(word.score) <= 1:
        raise ApiError(
            400, "'score' must be from 0 (bad) to 1 (good), or true or false.", code="invalid_value", param="score"
        )
    return word


async def _recall(teacher: Teacher, ledger: Path, id: str) -> None:
    """Have the teacher remember a request that only the ledger knows. ApiError if there is none."""
    for wait in (_WRITTEN, 0):
        try:
            found = await asyncio.to_thread(explanations, ledger, id)
        except sqlite3.Error as error:
            raise ApiError(503, f"The ledger cannot be read: {error}.", kind="server_error", code="ledger") from None
        exact = next((each for each in found if each.call.key == id), None)
        if exact is not None:
            side = exact.call.model if exact.call.route == "local" else None
            teacher.recall(id, exact.call.family or "", exact.known.get("nodes"), side or CLOSED)
            return
        await asyncio.sleep(wait)
    raise ApiError(
        404,
        f"There is no request {id[:40]!r} in the ledger. The header x-agent-router-request-id of each answer names it.",
        kind="not_found_error",
        code="request_not_found",
        param="request_id",
    )
