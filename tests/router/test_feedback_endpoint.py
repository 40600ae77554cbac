"""`POST /v1/feedback`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.router.closed_side import SECRET, ClosedSide, House, agreeing, heartbeat, house, written


class Feedback:
    """`POST /v1/feedback`."""

    def __init__(self, router: House) -> None:
        self._router = router

    async def __call__(self, body: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self._router.http.post(f"{self._router.url}/v1/feedback", data=raw) as response:
            return response.status, await response.json()


async def test_feedback_teaches(tmp_path: Path) -> None:
    async with (
        ClosedSide(agreeing).running() as closed,
        house(tmp_path, closed, local_families=["heartbeat-*"]) as router,
    ):
        _, headers = await router.ask(heartbeat(1))
        id = headers["x-agent-router-request-id"]
        status, said = await Feedback(router)({"request_id": id, "score": 0, "comment": f"{SECRET} was not told"})
        assert (status, said) == (202, {"request_id": id, "score": 0.0, "learnt": True})
        for score in (True, 1, 0.5, -1, False):
            assert (await Feedback(router)({"request_id": f"chatcmpl-ar{id}", "score": score}))[0] == 202
    rows = written(tmp_path, "SELECT route, good, comment FROM outcomes WHERE signal = 'feedback' ORDER BY id")
    assert rows == [("local", good, None) for good in (0.0, 1.0, 1.0, 0.5, 0.0, 0.0)]


async def test_feedback_is_taken_after_a_restart_and_for_a_named_model(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed:
        async with house(tmp_path, closed, keep_text=True) as router:
            _, headers = await router.ask(heartbeat(1))
            _, named = await router.ask("hello", model="gpt-5.4")
            said = (await Feedback(router)({"request_id": named["x-agent-router-request-id"], "score": 1}))[1]
            assert said["learnt"] is False
        async with house(tmp_path, closed, keep_text=True) as router:
            word = {"request_id": headers["x-agent-router-request-id"], "score": 1, "comment": "good"}
            status, said = await Feedback(router)(word)
            assert (status, said["learnt"]) == (202, True)
    assert written(tmp_path, "SELECT comment FROM outcomes WHERE comment IS NOT NULL") == [("good",)]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        (b"", 400, None),
        ({"score": 1}, 400, None),
        ({"request_id": "aa"}, 400, None),
        ({"request_id": "aa", "score": "good"}, 400, "score"),
        ({"request_id": "aa", "score": 7}, 400, "score"),
        ({"request_id": " ", "score": 1}, 400, "request_id"),
        ({"request_id": "nowhere", "score": 1}, 404, "request_id"),
        (b'{"request_id": "aa", "score": 1, "comment": "' + b"x" * 70_000 + b'"}', 413, None),
    ],
)
async def test_bad_feedback_is_said(tmp_path: Path, body: Any, status: int, param: str | None) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed) as router:
        found, said = await Feedback(router)(body)
    assert found == status
    assert said["error"]["message"]
    assert said["error"]["param"] == param
