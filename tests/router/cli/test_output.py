"""How the command line speaks."""

from __future__ import annotations

import io
import json
import sys

import pytest
import typer

from agent_models.errors import ModelFileError
from agent_router.cli.output import friendly, print_json, table
from agent_router.errors import ConfigError


@pytest.mark.parametrize("error", [ConfigError("The file [bold]x[/bold] is odd."), ModelFileError("No such file.")])
def test_what_a_person_can_mend_is_a_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, friendly():
        raise error
    out, err = capsys.readouterr()
    assert (left.value.exit_code, out, err) == (1, "", f"error: {error}\n")
    with pytest.raises(typer.Exit), friendly(as_json=True):
        raise error
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"error": str(error)}, "")


def test_what_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), friendly(as_json=True):
        raise ZeroDivisionError


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_json_can_be_read_whatever_the_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    value = {"path": "/Müller/秘密/\udcff.gguf"}
    print_json(value)
    assert json.loads(stream.buffer.getvalue().decode(encoding)) == value  # type: ignore[attr-defined]


def test_brackets_in_a_cell_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    from agent_router.cli.output import console

    console.print(table("", ["model"], [["[red]name[/red]"], ["a\x1b[31mb\r\x00c\u202ed\u200f"]]))
    out = capsys.readouterr().out
    assert "[red]name[/red]" in out
    assert "a�[31mb��c�d�" in out
