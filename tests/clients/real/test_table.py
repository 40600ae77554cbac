"""The table in docs/clients.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.clients.real import table

ROW = table.Row("Codex CLI", "0.171.0", "responses", ("yes", "yes", "yes", "title, summary"), 9.4)


def page(folder: Path, inside: str = "") -> Path:
    made = folder / "clients.md"
    made.write_text(f"# Clients\n\n<!-- begin: python -m tests.clients.real -->\n{inside}<!-- end -->\n\nMore.\n")
    return made


def test_rows_are_written_between_the_markers(tmp_path: Path) -> None:
    made = page(tmp_path)
    table.write([ROW], made)
    before, _, after = made.read_text().partition("| Codex CLI | 0.171.0 | responses | yes | yes | yes | ")
    assert before.startswith("# Clients\n\n<!-- begin")
    assert after == "title, summary | 9 |\n<!-- end -->\n\nMore.\n"


def test_a_row_takes_the_place_of_its_clients_old_one_and_leaves_the_others(tmp_path: Path) -> None:
    made = page(tmp_path)
    pi = replace(ROW, title="pi", version="1.6.0")
    table.write([ROW, pi], made)
    table.write([replace(ROW, version="0.172.0")], made)
    rows = [line for line in made.read_text().splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[:2] for line in rows[1:]] == [["| Codex CLI", "0.172.0"], ["| pi", "1.6.0"]]
    table.write([], made, order=["pi", "Codex CLI", "aider"])
    rows = [line for line in made.read_text().splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in rows[1:]] == ["| pi", "| Codex CLI"]


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    made = tmp_path / "clients.md"
    made.write_text("# Clients\n")
    with pytest.raises(AssertionError, match="no marker"):
        table.write([ROW], made)
    assert made.read_text() == "# Clients\n"
