"""What the local model cannot take."""

from __future__ import annotations

from agent_router.routing.guards.capability import BYTES_PER_TOKEN, incapable
from tests.router.routing.bodies import made


def test_images_and_what_does_not_fit() -> None:
    picture = made([{"type": "image_url", "image_url": {"url": "data:,"}}])[0]
    assert incapable(picture, None) == "the local model sees no images and reads no files"
    text = made("x" * 1000)[0]
    assert incapable(text, None) is None
    assert incapable(text, 1 + text.prompt_bytes // BYTES_PER_TOKEN) is None
    assert incapable(text, text.prompt_bytes // BYTES_PER_TOKEN - 1) is not None
