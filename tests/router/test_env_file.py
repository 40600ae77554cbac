"""Files of variables: what is written is what is read, and a variable that is set stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router import env_file
from agent_router.errors import ConfigError


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60))
def test_any_value_comes_back(value: str) -> None:
    assert env_file.parse(env_file.line("NAME", value) + "\nNEXT=1\n") == {"NAME": value, "NEXT": "1"}


def test_the_forms_that_people_write() -> None:
    text = "# words\nA=1\nexport B='two # 2'\n\nC=\"x y\"  # said\nD=$A ${B}\nE\nF=\n"
    assert env_file.parse(text) == {"A": "1", "B": "two # 2", "C": "x y", "D": "$A ${B}", "F": ""}


def test_what_no_variable_can_hold_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="NAME holds") as refused:
        env_file.line("NAME", "sk-\0secret")
    assert "secret" not in str(refused.value)


def test_what_is_set_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "service.env"
    path.write_bytes(b"\xef\xbb\xbfAR_TEST_A=file\nAR_TEST_B=file\nAR_TEST_C=file\n")
    path.chmod(0o600)
    monkeypatch.setenv("AR_TEST_A", "shell")
    monkeypatch.setenv("AR_TEST_B", " ")
    monkeypatch.setenv("AR_TEST_C", "")
    monkeypatch.delenv("AR_TEST_C")
    assert env_file.apply(path) == []
    assert [os.environ[f"AR_TEST_{each}"] for each in "ABC"] == ["shell", "file", "file"]
    monkeypatch.delenv("AR_TEST_C")


def test_what_the_user_should_know(tmp_path: Path) -> None:
    path = tmp_path / "service.env"
    assert "is not there" in env_file.apply(path)[0]
    path.write_text("")
    path.chmod(0o644)
    if os.name == "posix":
        assert f"chmod 600 {path}" in env_file.apply(path)[0]
    path.write_bytes(b"A=\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        env_file.apply(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        env_file.read(tmp_path)
