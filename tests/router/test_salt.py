"""The salt is made once, and there also where it cannot be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_router.salt import installation_salt


def test_it_stays_the_same(tmp_path: Path) -> None:
    salt = installation_salt(tmp_path / "data")
    assert len(salt) == 32
    assert installation_salt(tmp_path / "data") == salt
    assert installation_salt(tmp_path / "other") != salt


def test_where_it_cannot_be_kept_it_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    assert len(installation_salt(tmp_path / "file")) == 32
    assert "new names" in caplog.text


@pytest.mark.parametrize("left", [b"", b"short", bytes(40)])
def test_a_damaged_one_is_replaced(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "salt").write_bytes(left)
    salt = installation_salt(tmp_path)
    assert len(salt) == 32
    assert installation_salt(tmp_path) == salt
    assert [file.name for file in tmp_path.iterdir()] == ["salt"]
    assert (tmp_path / "salt").stat().st_mode & 0o777 == 0o600
