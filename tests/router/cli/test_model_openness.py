"""`agent-router models explain` and `models classify`, on files as a user has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.router.cli import pi_log
from tests.router.cli.command import Command


def test_an_open_model_is_explained(run: Command) -> None:
    text = run("models", "explain", "qwen3:8b").out
    for said in ("Qwen3 of Alibaba", "'qwen3'", "alibaba.yaml", "open weights", "Apache-2.0", "https://", "made in CN"):
        assert said in text
    (made,) = run("models", "explain", "qwen3:8b", "--json").json["models"]
    assert (made["openness"], made["access"], made["lab"], made["country"]) == ("open", "open", "alibaba", "CN")
    assert (made["pattern"], made["source"], made["place"]) == ("qwen3", "alibaba.yaml", "device")
    assert made["price_source"].endswith("/qwen3-8b")
    assert made["usd_per_million_tokens"]["input"] > 0


def test_closed_and_unknown_models_are_explained_together(run: Command) -> None:
    closed, unknown = run("models", "explain", "claude-sonnet-4-5", "house-7b", "--json").json["models"]
    assert (closed["openness"], closed["place"], closed["advice"]) == ("closed", "hosted", None)
    assert closed["usd_per_million_tokens"] == {
        "input": 3.0, "cache_read": 0.3, "cache_write": 3.75, "cache_write_1h": 6.0, "output": 15.0
    }  # fmt: skip
    assert (unknown["openness"], unknown["place"], unknown["price_source"]) == ("unknown", None, None)
    assert "models classify house-7b --open" in unknown["advice"]
    assert "models classify 'a model' --open" in run("models", "explain", "a model").out


def test_the_provider_tells_the_place(run: Command) -> None:
    (made,) = run("models", "explain", "glm-5", "--provider", "zai-coding-plan", "--json").json["models"]
    assert made["place"] == "subscription"


def test_a_model_is_classified_and_taken_back_and_the_rest_stays(home: Path, run: Command) -> None:
    path = home / "data" / "catalogue.yaml"
    path.parent.mkdir()
    before = (
        "# mine\nlabs:\n  - lab: acme  # the works\n    country: NO\n    families:\n"
        "      - slug: anvil  # heavy\n        access: open\n        patterns: [anvil]\n"
    )
    path.write_text(before)
    made = run("models", "classify", "Anvil-2:7b", "--closed", "--lab", "acme", "--json").json
    assert (made["openness"], made["lab"], made["source"], made["country"]) == (
        "closed",
        "acme",
        "catalogue.yaml",
        "NO",
    )
    for kept in ("# mine", "# the works", "# heavy"):
        assert kept in path.read_text()
    again = run("models", "classify", "anvil-2:7b", "--open", "--lab", "other", "--licence", "MIT", "--country", "CH",
                "--released", "2026-03", "--json").json  # fmt: skip
    told = (again["openness"], again["lab"], again["licence"], again["country"], again["released"])
    assert told == ("open", "other", "MIT", "CH", "2026-03")
    assert path.read_text().count("7b$") == 1
    assert run("models", "classify", "anvil-2:7b", "--remove").status == 0
    assert path.read_text() == before
    assert "says nothing of" in run("models", "classify", "anvil-2:7b", "--remove").err
    assert run("models", "explain", "anvil", "--json").json["models"][0]["openness"] == "open"


def test_the_first_makes_the_file_and_knows_the_lab(home: Path, run: Command) -> None:
    made = run("models", "classify", "claude-opus-4-5", "--open", "--json").json
    assert (made["openness"], made["lab"]) == ("open", "anthropic")
    assert run("models", "explain", "claude-opus-4-1", "--json").json["models"][0]["openness"] == "closed"
    run("models", "classify", "claude-opus-4-5", "--remove")
    assert run("models", "explain", "claude-opus-4-5", "--json").json["models"][0]["openness"] == "closed"
    assert run("models", "classify", "x", "--open").status == 0


def test_it_counts_at_once_in_usage(home: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    pi_log.write(home, "s", pi_log.call("a", datetime(2026, 11, 20, 9, tzinfo=UTC), model="house-7b", provider="acme"))
    assert run("import").status == 0
    assert run("usage", "--json").json["by_openness"]["unknown"]["requests"] == 1
    run("models", "classify", "house-7b", "--open", "--lab", "acme")
    split = run("usage", "--json").json
    assert split["by_openness"]["open"]["requests"] == 1
    assert split["by_lab"]["acme"]["requests"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["house"], "one of --open, --closed and --remove"),
        (["house", "--open", "--closed"], "one of --open"),
        (["--", "---", "--open"], None),
        (["house", "--open", "--lab", "A B"], "slug such as"),
        (["house", "--open", "--country", "Norway"], "two capital letters"),
        (["house", "--open", "--released", "last week"], "2026-03-05"),
        (["???", "--open"], "no letter or digit"),
        (["x" * 1000, "--open"], "too long"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    home: Path, run: Command, arguments: list[str], said: str | None
) -> None:
    ran = run("models", "classify", *arguments)
    assert ran.status != 0
    assert said is None or said in " ".join(ran.err.split())
    assert not (home / "data" / "catalogue.yaml").exists()


def test_a_broken_file_is_named_with_its_line_and_left(home: Path, run: Command) -> None:
    path = home / "data" / "catalogue.yaml"
    path.parent.mkdir()
    path.write_text(
        "labs:\n  - lab: x\n    families:\n      - slug: y\n        access: freeish\n        patterns: [y]\n"
    )
    before = path.read_text()
    for arguments in (["explain", "qwen3"], ["classify", "house", "--open"], ["classify", "house", "--remove"]):
        error = run("models", *arguments, "--json").json["error"]
        assert f"{path}, line 4: access is 'freeish'" in error
    assert path.read_text() == before
