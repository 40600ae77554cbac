"""A library in a program of its own before the scripted model: what it exported, and what the model told it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clients.otel import recorder, scrubbing
from tests.clients.otel.recorder import Recorder
from tests.clients.otel.teller import Teller, Told
from tests.clients.otel_libraries.libraries import Library
from tests.clients.real.client import CLIENTS

CAPTURES = Path(__file__).resolve().parents[2] / "telemetry" / "otlp" / "captures" / "libraries"
PROGRAMS = Path(__file__).parent / "programs"
_BUCKETS = ("input", "cache_read", "cache_write", "output", "reasoning")
_LIMIT = 300  # seconds


def capture(library: Library) -> None:
    """Writes the captures of this library anew. AssertionError with what the program said if it fails."""
    folder = CLIENTS / "otel-libs" / library.installed_in
    if not folder.exists():
        _install(library, folder)
    home = Path(tempfile.mkdtemp(prefix="golden-"))
    with Teller() as teller, Recorder() as otlp:
        _run(library, folder, home, teller.url, otlp.url)
        told = teller.told
    kept = CAPTURES / library.name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    recorder.write(otlp.sent, kept)
    body = {
        "versions": _versions(library, folder),
        "upstream": _by_model(told),
        "told": [_as_json(each) for each in told],
    }
    (kept / "expected.json").write_text(json.dumps(body, indent=1) + "\n")
    scrubbing.scrub(kept, home)
    shutil.rmtree(home)


def _run(library: Library, folder: Path, home: Path, upstream: str, otlp: str) -> None:
    name, *arguments = library.program
    if library.npm:  # Node looks for packages beside the program
        shutil.copy(PROGRAMS / name, folder / name)
        command = ["node", str(folder / name), *arguments]
    else:
        command = [str(folder / "venv" / "bin" / "python"), str(PROGRAMS / name), *arguments]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCRIPTED_URL": upstream,
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    if library.gzip:
        environment["OTEL_EXPORTER_OTLP_COMPRESSION"] = "gzip"
    ran = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, timeout=_LIMIT, check=False
    )
    assert ran.returncode == 0, f"{library.name}: exit {ran.returncode}\n{ran.stdout[-1000:]}{ran.stderr[-3000:]}"


def _install(library: Library, folder: Path) -> None:
    folder.mkdir(parents=True)
    if library.npm:
        (folder / "package.json").write_text('{"private": true}\n')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", *library.packages], cwd=folder, check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=folder, check=True)
        python = str(folder / "venv" / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", *library.packages], cwd=folder, check=True)


def _versions(library: Library, folder: Path) -> dict[str, str]:
    names = [re.sub(r"(?<=.)@.*|[\[<].*", "", package) for package in library.packages]
    if library.npm:
        packages = {name: folder / "node_modules" / name / "package.json" for name in names}
        return {name: json.loads(path.read_text())["version"] for name, path in packages.items()}
    asked = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    python = str(folder / "venv" / "bin" / "python")
    said = subprocess.run([python, "-c", asked, *names], capture_output=True, text=True, check=True).stdout
    versions: dict[str, str] = json.loads(said)
    return versions


def _as_json(told: Told) -> dict[str, object]:
    return {"id": told.id, "path": told.path, "model": told.model, "how": told.how, **_usage(told)}


def _usage(told: Told) -> dict[str, int]:
    """What went over the wire. Messages do not say what was reasoned."""
    used = {name: getattr(told.usage, name) for name in _BUCKETS}
    return used | {"reasoning": 0} if told.path.endswith("/messages") else used


def _by_model(told: list[Told]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for each in told:
        of = sums.setdefault(each.model, {"requests": 0, "failed": 0, **dict.fromkeys(_BUCKETS, 0)})
        of["requests"] += 1
        if each.how != "ok":
            of["failed"] += 1
            continue
        for name, tokens in _usage(each).items():
            of[name] += tokens
    return dict(sorted(sums.items()))
