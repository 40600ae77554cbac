from __future__ import annotations

import random

import pytest

from agent_models.engine.released_text import ReleasedText, overlap


def _all(released: ReleasedText, pieces: list[bytes]) -> str:
    return "".join(map(released.feed, pieces)) + released.finish()


@pytest.mark.parametrize("text", ["naïve", "日本語", "🙂🙃", "a\x00b", "e\u0301"])
def test_characters_split_anywhere_come_out_whole(text: str) -> None:
    pieces = [bytes([byte]) for byte in text.encode()]
    released = ReleasedText()
    parts = [released.feed(piece) for piece in pieces]
    assert "".join(parts) == text
    assert "\ufffd" not in "".join(parts)


def test_invalid_bytes_are_replaced_and_only_those() -> None:
    assert _all(ReleasedText(), [b"a", b"\xff", b"b", b"\xe2\x82"]) == "a\ufffdb\ufffd"


def test_a_stop_sequence_across_pieces_never_comes_out() -> None:
    released = ReleasedText(["STOP"])
    assert released.feed(b"go S") == "go "
    assert released.feed(b"TO") == ""
    assert released.feed(b"P more") == ""
    assert released.stopped == "STOP"
    assert released.finish() == ""


def test_text_is_held_only_while_it_may_begin_a_stop_sequence() -> None:
    released = ReleasedText(["STOP"])
    assert released.feed(b"ST") == ""
    assert released.feed(b"AY") == "STAY"
    assert released.finish() == ""


def test_held_text_comes_out_at_the_end() -> None:
    assert _all(ReleasedText(["STOP"]), [b"a ST"]) == "a ST"


def test_the_earliest_stop_wins() -> None:
    released = ReleasedText(["cd", "bc"])
    assert released.feed(b"abcd") == "a"
    assert released.stopped == "bc"


def test_any_split_releases_the_same_text() -> None:
    rng = random.Random(7)
    text = "the quick éé brown 🙂 fox \n\n jumps over the lazy dog"
    for _ in range(200):
        data, pieces = text.encode(), []
        while data:
            cut = rng.randint(1, 5)
            pieces.append(data[:cut])
            data = data[cut:]
        assert _all(ReleasedText(["\n\n jumps"]), pieces) == text.partition("\n\n jumps")[0]


def test_a_forgotten_stop_no_longer_stops() -> None:
    released = ReleasedText(["STOP"])
    released.forget("STOP")
    assert released.feed(b"STOP") == "STOP"


def test_overlap() -> None:
    assert overlap("abc", "bcd") == 2
    assert overlap("abc", "abc") == 0
