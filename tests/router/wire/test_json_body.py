from __future__ import annotations

import msgspec
import pytest

from agent_router.errors import ApiError
from agent_router.wire.json_body import decoded


class Point(msgspec.Struct):
    x: int
    names: list[str] = []


_decoder = msgspec.json.Decoder(Point)


@pytest.mark.parametrize(
    ("raw", "param", "code"),
    [
        (b"", None, "invalid_json"),
        (b" \n", None, "invalid_json"),
        (b"{", None, "invalid_json"),
        (b'{"x": 1, "more": "\xff"}', None, "invalid_json"),
        (b'{"x": 1, "names": ["\\ud800"]}', None, "invalid_json"),
        (b"[]", None, "invalid_type"),
        (b"{}", None, "missing_required_parameter"),
        (b'{"x": "1"}', "x", "invalid_type"),
        (b'{"x": 1, "names": ["a", 2]}', "names[1]", "invalid_type"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(raw: bytes, param: str | None, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        decoded(_decoder, raw)
    assert (caught.value.status, caught.value.param, caught.value.code) == (400, param, code)
    assert caught.value.message.endswith(".")


def test_what_is_right_is_read() -> None:
    assert decoded(_decoder, '{"x": 1, "names": ["é"], "more": {}}'.encode()) == Point(1, ["é"])
