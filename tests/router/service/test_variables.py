"""The service's file of variables: our block, and the user's lines around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.service.variables import Variables, carried, needed_keys, read, unseen
from agent_router.settings import Settings

LINES = st.lists(st.sampled_from(["A=1", "# words", "", "B='x y'", "KEY=own"])).map(
    lambda lines: "".join(line + "\n" for line in lines)
)


@given(LINES, st.dictionaries(st.sampled_from(["KEY", "DIR"]), st.text("ab'\\\" #$é", min_size=1)), LINES)
def test_what_is_written_is_read_again(before: str, ours: dict[str, str], after: str) -> None:
    written = Variables(before, ours, after)
    assert read(written.text) == written
    assert read(read(written.text).text) == written
    assert written.rest.strip() == (before + after).strip()
    assert {**ours, **read(after).seen}.items() <= written.seen.items()  # the last word on a name counts


def test_a_users_file_is_all_the_users() -> None:
    assert read("A=1\n") == Variables("", {}, "A=1\n", written=False)
    assert read("") == Variables("", {}, "", written=False)
    half = "# >>> agent-router service install\nA=1\n"  # someone has taken the last line away
    assert read(half).after == half


def test_the_users_word_counts_and_is_not_shown() -> None:
    variables = Variables("", {"KEY": "sk-ours", "AGENT_ROUTER_DATA": "/there"}, "KEY=sk-own\n")
    assert variables.seen == {"KEY": "sk-own", "AGENT_ROUTER_DATA": "/there"}
    assert "sk-" not in variables.shown
    assert "AGENT_ROUTER_DATA='/there'" in variables.shown
    assert "KEY='(hidden)'" in variables.shown
    assert "1 line of your own" in variables.shown


def test_paths_are_carried_as_absolute_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    found = carried(
        {"AGENT_ROUTER_CONFIG": "c.toml", "AGENT_ROUTER_DATA": "~/d", "XDG_DATA_HOME": " ", "OPENAI_API_KEY": "k"}
    )
    assert found == {"AGENT_ROUTER_CONFIG": str(tmp_path / "c.toml"), "AGENT_ROUTER_DATA": str(tmp_path / "me" / "d")}


def test_the_keys_that_a_configuration_needs() -> None:
    assert needed_keys(Settings()) == ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"]
    upstreams = {
        "a": {"base_url": "http://a/v1", "key_env": "MINE"},
        "b": {"base_url": "http://b/v1", "key_keyring": "agent-router/b"},
        "c": {"base_url": "http://c/v1", "key_env": "MINE"},
    }
    configured = Settings.model_validate({"upstreams": upstreams, "server": {"api_key_env": "CALLERS"}})
    assert needed_keys(configured) == ["MINE", "CALLERS"]


def test_settings_of_the_shell_alone() -> None:
    shell = {
        "AGENT_ROUTER_SERVER__PORT": "1",
        "AGENT_ROUTER_DATA": "/d",
        "AGENT_ROUTER_KEY": "k",
        "AGENT_ROUTER_LOCAL__THREADS": "",
        "AGENT_ROUTER_URL": "u",
        "PATH": "/",
    }
    assert unseen(shell, {"AGENT_ROUTER_DATA": "/d"}, ["AGENT_ROUTER_KEY"]) == ["AGENT_ROUTER_SERVER__PORT"]
