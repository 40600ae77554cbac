"""Editing the user's configuration file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from agent_router.config_file import ConfigFile
from agent_router.errors import ConfigError

COMMENTED = """\
# my router
[server]
port = 8500      # taken otherwise

[local]
models = [
  # the small one
  "/models/small.gguf",  # fast
  "/models/big.gguf",
]

# the end
"""


def edited(path: Path, text: str | None, model: str, *, first: bool = True, remove: bool = False) -> str:
    if text is not None:
        path.write_bytes(text.encode())
    file = ConfigFile(path)
    if remove:
        file.remove_local_model(Path(model))
    else:
        file.add_local_model(Path(model), first=first)
    file.save()
    return path.read_bytes().decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_comments_and_layout_stay(path: Path) -> None:
    text = edited(path, COMMENTED, "/models/new.gguf", first=False)
    assert ConfigFile(path).local_models == ["/models/small.gguf", "/models/big.gguf", "/models/new.gguf"]
    for kept in (
        "# my router\n",
        "port = 8500      # taken otherwise\n",
        "# the small one\n",
        "# fast\n",
        "# the end\n",
    ):
        assert kept in text
    assert edited(path, None, "/models/new.gguf", remove=True).replace(" ", "") == COMMENTED.replace(" ", "")


def test_first_or_last(path: Path) -> None:
    edited(path, COMMENTED, "/models/new.gguf")
    assert ConfigFile(path).local_models[0] == "/models/new.gguf"


def test_the_same_twice_is_there_once(path: Path) -> None:
    edited(path, COMMENTED, "/models/big.gguf")
    assert ConfigFile(path).local_models == ["/models/big.gguf", "/models/small.gguf"]
    assert edited(path, None, "/models/small.gguf", first=False) == path.read_text()
    assert ConfigFile(path).local_models == ["/models/big.gguf", "/models/small.gguf"]


@pytest.mark.parametrize(
    "text", ["", "[local]\nmodels = []\n", "local.threads = 2\n", "local = {models = []}\n", "x = 1\r\n"]
)
def test_whatever_was_there(path: Path, text: str) -> None:
    edited(path, text, '/a b/ü "q".gguf')
    assert ConfigFile(path).local_models == ['/a b/ü "q".gguf']


def test_line_ends_of_windows_stay(path: Path) -> None:
    assert edited(path, "[local]\r\nmodels = []\r\n", "/a.gguf") == '[local]\r\nmodels = ["/a.gguf"]\r\n'


def test_a_file_that_is_not_there_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    edited(path, None, "/a.gguf")
    assert ConfigFile(path).local_models == ["/a.gguf"]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and links")
def test_mode_and_link_stay(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "router.toml"
    target.parent.mkdir()
    target.write_text("# mine\n")
    target.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    edited(link, None, "/a.gguf")
    assert link.is_symlink()
    assert target.read_text().startswith("# mine\n")
    assert target.stat().st_mode & 0o777 == 0o640
    assert os.listdir(target.parent) == ["router.toml"]


def test_a_file_that_cannot_be_written_is_left_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    file = ConfigFile(path)
    file.add_local_model(Path("/a.gguf"), first=True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
        file.save()
    assert path.read_text() == "# mine\n"
    assert os.listdir(tmp_path) == ["config.toml"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = ConfigFile(tmp_path / "file" / "config.toml")
    file.add_local_model(Path("/a.gguf"), first=True)
    with pytest.raises(ConfigError, match="cannot be written"):
        file.save()
