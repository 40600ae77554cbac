"""`agent-router models`: real files, looked at by the real llama.cpp."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import platformdirs
import pytest

from agent_models.pocket import pocket_path
from agent_router import config
from tests.models.engine.tiny_gguf import make_tiny_bert
from tests.router.cli.command import Command


@pytest.fixture
def model(home: Path) -> Path:
    """A real model under a name with spaces and letters of other alphabets."""
    path = home / "modèles à moi" / "Mein Modell 模型.gguf"
    path.parent.mkdir()
    shutil.copy(pocket_path(), path)
    return path


def added(home: Path) -> list[Path]:
    return config.load().settings.local.models


def test_a_model_is_added_and_removed_and_the_comments_stay(home: Path, run: Command, model: Path) -> None:
    before = "# mine\n[local]  # the engine\nmodels = [\n  # none yet\n]\n[server]\nport = 8500  # taken\n"
    (home / "config.toml").write_text(before)
    found = run("models", "add", model, "--json").json
    assert found["added"] == "Mein Modell 模型"
    assert found["path"] == str(model)
    assert found["configuration"] == str(home / "config.toml")
    assert found["size_bytes"] == model.stat().st_size
    assert found["parameters"] > 0
    assert found["context_window"] > 0
    text = (home / "config.toml").read_text(encoding="utf-8")
    for comment in ("# mine", "# the engine", "# none yet", "# taken"):
        assert comment in text
    listed = {entry["id"]: entry for entry in run("models", "--json").json["models"]}
    assert listed["local/Mein Modell 模型"]["exists"]
    assert listed["local/Mein Modell 模型"]["place"] == "device"
    assert "Now: local/Mein Modell 模型" in listed["local"]["description"]
    removed = run("models", "remove", "Mein Modell 模型", "--json").json
    assert removed["removed"] == "Mein Modell 模型"
    assert (home / "config.toml").read_text() == before
    assert model.exists()


def test_the_first_model_makes_the_file_that_is_named(
    home: Path, run: Command, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = home / "deep" / "fresh.toml"
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(fresh))
    assert "does not exist" in run("models").err
    assert run("models", "add", model, "--json").json["configuration"] == str(fresh)
    assert fresh.is_file()
    assert added(home) == [model]


def test_it_says_what_it_did(home: Path, run: Command, model: Path) -> None:
    ran = run("models", "add", model)
    words = " ".join(ran.out.split())
    assert "Added local/Mein Modell 模型" in words
    assert "million parameters" in words
    assert "Restart `agent-router serve`" in words
    assert "stays" in run("models", "remove", f"local/{model.stem}").out


def test_without_a_configuration_file_one_is_made(
    home: Path, run: Command, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENT_ROUTER_CONFIG")
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(home / "new" / "folder"))
    assert run("models", "add", model, "--json").status == 0
    assert added(home) == [model]


def test_a_relative_path_is_kept_whole(run: Command, home: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    assert run("models", "add", model.name, "--json").json["path"] == str(model)
    assert added(home) == [model]
    assert run("models", "remove", model.name, "--json").json["path"] == str(model)  # by its path


def test_the_same_twice_is_once(run: Command, home: Path, model: Path) -> None:
    other = home / "other.gguf"
    shutil.copy(model, other)
    for path in (model, other, model):
        assert run("models", "add", path, "--json").status == 0
    assert added(home) == [model, other]
    run("models", "add", other, "--no-default", "--json")
    assert added(home) == [model, other]


def test_default_or_not(run: Command, home: Path, model: Path) -> None:
    other = home / "other.gguf"
    shutil.copy(model, other)
    run("models", "add", model, "--json")
    run("models", "add", other, "--no-default", "--json")
    assert added(home) == [model, other]
    run("models", "add", other, "--json")
    assert added(home) == [other, model]


def test_an_embedding_model_is_shown_as_one_and_is_not_what_local_means(run: Command, home: Path, model: Path) -> None:
    bert = make_tiny_bert(home / "bert.gguf")
    run("models", "add", model, "--json")
    found = run("models", "add", bert, "--json").json
    assert found["embedding_size"] == 32
    assert added(home) == [bert, model]
    listed = {entry["id"]: entry for entry in run("models", "--json").json["models"]}
    assert "embedding model" in listed["local/bert"]["description"]
    assert f"Now: local/{model.stem}" in listed["local"]["description"]
    run("models", "remove", "bert")
    assert "an embedding model with 32 dimensions" in " ".join(run("models", "add", bert).out.split())


def test_two_files_of_one_name_do_not_take_each_others_place(run: Command, home: Path, model: Path) -> None:
    twin = home / "twin" / model.name
    twin.parent.mkdir()
    shutil.copy(model, twin)
    run("models", "add", model, "--json")
    ran = run("models", "add", twin, "--json")
    assert ran.status == 1
    assert str(model) in ran.json["error"]
    assert "models remove" in ran.json["error"]
    assert added(home) == [model]


def test_a_model_called_like_the_bundled_one_gets_another_name(run: Command, home: Path) -> None:
    path = home / "pocket.gguf"
    shutil.copy(pocket_path(), path)
    name = run("models", "add", path, "--json").json["added"]
    assert name != "pocket"
    assert run("models", "remove", name, "--json").status == 0
    assert added(home) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_keeps_its_own_name(run: Command, home: Path, model: Path) -> None:
    link = home / "nice-name.gguf"
    link.symlink_to(model)
    assert run("models", "add", link, "--json").json["added"] == "nice-name"


def broken(home: Path, kind: str) -> Path:
    path = home / f"{kind}.gguf"
    whole = pocket_path().read_bytes()
    if kind == "folder":
        path.mkdir()
    elif kind == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "beheaded":
        path.write_bytes(whole[:20])
    elif kind == "magic":
        path.write_bytes(b"GGML" + whole[4:])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("not found\n")
    return path


@pytest.mark.parametrize("kind", ["folder", "truncated", "beheaded", "magic", "empty", "text", "missing"])
def test_a_file_that_is_no_model_is_one_sentence_and_changes_nothing(run: Command, home: Path, kind: str) -> None:
    path = broken(home, kind)
    ran = run("models", "add", path, "--json")
    assert ran.status == 1
    assert set(ran.json) == {"error"}
    assert path.name in ran.json["error"]
    assert (home / "config.toml").read_text() == "# mine\n"
    ran = run("models", "add", path)
    assert ran.status == 1
    assert "error:" in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_may_not_be_read(run: Command, home: Path, model: Path) -> None:
    model.chmod(0)
    if os.access(model, os.R_OK):
        pytest.skip("this user may read everything")
    ran = run("models", "add", model, "--json")
    assert ran.status == 1
    assert "cannot be read" in ran.json["error"]


def test_a_home_that_is_nobodys(run: Command) -> None:
    assert run("models", "add", "~nobody-at-all/x.gguf", "--json").status == 1


def test_a_file_that_went_away_is_pointed_out(run: Command, home: Path, model: Path) -> None:
    run("models", "add", model, "--json")
    model.unlink()
    assert "is missing" in run("models").out
    listed = {entry["id"]: entry for entry in run("models", "list", "--json").json["models"]}
    assert listed[f"local/{model.stem}"]["exists"] is False
    assert run("models", "remove", model.stem, "--json").status == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("pocket", "cannot be removed"), ("local/pocket", "cannot be removed"), ("nope", "Added models: none")],
)
def test_what_cannot_be_removed(run: Command, name: str, said: str) -> None:
    ran = run("models", "remove", name, "--json")
    assert ran.status == 1
    assert said in ran.json["error"]


def test_models_of_the_environment_are_not_the_files(
    run: Command, home: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_ROUTER_LOCAL__MODELS", str(model))
    for arguments in (["add", str(model)], ["remove", model.stem]):
        ran = run("models", *arguments, "--json")
        assert ran.status == 1
        assert "AGENT_ROUTER_LOCAL__MODELS" in ran.json["error"]
    assert (home / "config.toml").read_text() == "# mine\n"


def test_the_list_says_what_is_open_and_where(run: Command, home: Path) -> None:
    (home / "config.toml").write_text("[upstreams.openai]\nmodels = ['gpt-5.4']\n")
    listed = {entry["id"]: entry for entry in run("models", "--json").json["models"]}
    assert {"auto", "local", "closed", "local/pocket", "openai/gpt-5.4"} <= set(listed)
    assert (listed["openai/gpt-5.4"]["openness"], listed["openai/gpt-5.4"]["place"]) == ("closed", "hosted")
    assert (listed["local/pocket"]["openness"], listed["local/pocket"]["place"]) == ("open", "device")
    out = run("models").out
    assert "openai/gpt-5.4" in out
    assert "not a chat model" in " ".join(out.split())
    assert run("--json", "models", "list").json == run("models", "list", "--json").json
