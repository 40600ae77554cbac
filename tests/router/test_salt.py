"""The salt is made once, and there also where it cannot be kept."""

from __future__ import annotations

from pathlib import Path

from agent_router.salt import installation_salt


def test_it_stays_the_same(tmp_path: Path) -> None:
    salt = installation_salt(tmp_path / "data")
    assert len(salt) == 32
    assert installation_salt(tmp_path / "data") == salt
    assert installation_salt(tmp_path / "other") != salt


def test_where_it_cannot_be_kept_it_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(installation_salt(tmp_path / "file")) == 32


def test_a_damaged_one_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "salt").write_bytes(b"short")
    assert len(installation_salt(tmp_path)) == 32
