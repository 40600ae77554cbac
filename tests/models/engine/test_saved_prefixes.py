"""What is kept on disk, for how long, and that nothing damaged is ever used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent_models.engine.saved_prefixes import SHORTEST, SavedPrefixes, fingerprint

STATE = bytes(range(256)) * 40
STEP = SHORTEST // 2
TOKENS = list(range(4 * STEP))


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(os.urandom(300_000))
    return path


@pytest.fixture
def saved(tmp_path: Path, model_file: Path) -> SavedPrefixes:
    return SavedPrefixes(tmp_path / "prefixes", model_file, 1_000_000)


def state_of(saved: SavedPrefixes, tokens: list[int]) -> bytes | None:
    found = saved.load(tokens)
    if found is None:
        return None
    mapped, start, size = found
    return bytes(mapped[start : start + size])


def test_what_is_saved_is_found_again_also_by_another_process(
    saved: SavedPrefixes, tmp_path: Path, model_file: Path
) -> None:
    assert saved.longest(TOKENS) == 0
    saved.save(TOKENS[: 2 * STEP], STATE)
    again = SavedPrefixes(tmp_path / "prefixes", model_file, 1_000_000)
    for each in (saved, again):
        assert each.longest([*TOKENS[: 2 * STEP], 7, 7]) == 2 * STEP
        assert each.longest(TOKENS[: 2 * STEP - 1]) == 0
        assert each.longest([9, *TOKENS[1:]]) == 0
        assert state_of(each, TOKENS[: 2 * STEP]) == STATE


def test_the_longest_one(saved: SavedPrefixes) -> None:
    saved.save(TOKENS[: 2 * STEP], STATE)
    saved.save(TOKENS[: 4 * STEP], STATE)
    assert saved.longest([*TOKENS, 1, 2]) == 4 * STEP
    assert saved.longest(TOKENS[: 3 * STEP + 5]) == 2 * STEP
    assert saved.has(TOKENS[: 2 * STEP])
    assert not saved.has(TOKENS[: 3 * STEP])


def test_no_token_is_in_it_and_it_is_for_this_user_only(saved: SavedPrefixes, tmp_path: Path) -> None:
    secret = [123_456_789] * SHORTEST
    saved.save(secret, STATE)
    files = [path for path in (tmp_path / "prefixes").rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert path.stat().st_mode & 0o077 == 0
        assert (123_456_789).to_bytes(4, "little") not in path.read_bytes()
    other = SavedPrefixes(tmp_path / "elsewhere", tmp_path / "model.gguf", 1_000_000)
    assert other.name(secret) != saved.name(secret)  # by the folder's key


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "gone", "longer"])
def test_what_is_damaged_is_forgotten(saved: SavedPrefixes, tmp_path: Path, damage: str) -> None:
    tokens = TOKENS[: 2 * STEP]
    saved.save(tokens, STATE)
    (path,) = (tmp_path / "prefixes").rglob("*.kv")
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        changed = {"cut": data[:-1], "flip": data[:-1] + bytes([data[-1] ^ 1]), "empty": b"", "longer": data + b"x"}
        path.write_bytes(changed[damage])
    assert saved.load(tokens) is None
    assert saved.longest(TOKENS) == 0
    assert not path.exists()


def test_the_budget_is_kept_to_and_the_oldest_goes_first(tmp_path: Path, model_file: Path) -> None:
    saved = SavedPrefixes(tmp_path / "p", model_file, 25_000)
    first, second, third = ([n] * SHORTEST for n in (1, 2, 3))
    for nth, tokens in enumerate((first, second)):
        saved.save(tokens, STATE)
        os.utime(next((tmp_path / "p").rglob(f"{saved.name(tokens)}.kv")), (nth, nth))
    assert saved.load(first) is not None  # used now
    saved.save(third, STATE)
    assert [saved.has(tokens) for tokens in (first, second, third)] == [True, False, True]
    saved.save([4] * SHORTEST, bytes(30_000))  # more than there may be
    assert not saved.has([4] * SHORTEST)
    assert saved.has(third)


def test_half_a_file_is_not_left(saved: SavedPrefixes, tmp_path: Path, model_file: Path) -> None:
    (folder,) = (path for path in (tmp_path / "prefixes").iterdir() if path.is_dir())
    (folder / "abc.part").write_bytes(b"half")
    assert len(SavedPrefixes(tmp_path / "prefixes", model_file, 1000)) == 0
    assert not list(folder.glob("*.part"))


def test_another_model_has_others(tmp_path: Path, model_file: Path) -> None:
    before = fingerprint(model_file)
    data = bytearray(model_file.read_bytes())
    data[150_000] ^= 255
    model_file.write_bytes(data)
    assert fingerprint(model_file) != before
    model_file.write_bytes(data + b"x")
    assert len({before, fingerprint(model_file)}) == 2
