"""``python -m tests.bench.engine``: the local engine beside llama.cpp's own servers, with the same file."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.bench import local
from tests.bench.engine import inside, measures, random_model, servers
from tests.bench.engine.measures import Course
from tests.bench.figures import Figures
from tests.bench.report import save, show
from tests.bench.targets import LOAD_CORE, SERVER_CORE, Target, pin

CELLS = {"0.5B": 32_768, "pocket": 2048}
ALL = ("overhead", "attention", "guessing", "soak", "throughput", "warm", "gap", "burst", "restart")


def _path(what: str, say: Callable[[str], None]) -> Path:
    if what == "pocket":
        return local.MODEL_FILE
    return random_model.make(servers.FOLDER / "random-0.5b.gguf", say)


def _servers(what: str, folder: Path, peers: bool, say: Callable[[str], None]) -> list[Target]:
    path = _path(what, say)
    found = [servers.ours(folder / f"ours-{what}", path, CELLS[what])]
    if peers:
        found.append(servers.llama_server(path, CELLS[what], say))
        found.append(servers.llama_cpp_server(path, CELLS[what]))
    return found


def _measure(name: str, course: Course, path: Path, folder: Path) -> None:
    # llama_cpp.server takes one request at a time and would only be waited for; prompts of thousands of tokens are for
    # the larger model.
    fair = Course(course.targets[:2], course.figures, course.rounds, course.what, course.chance)
    large = course.what == "0.5B"
    if name == "throughput":
        measures.throughput(course)
    elif large and name in ("burst", "warm", "gap"):
        getattr(measures, name)(fair)
    elif large and name == "restart":
        measures.restart(course, folder / "restarted.log")
    elif large and name == "attention":
        inside.attention(course.figures, path, course.what)
    elif large and name == "overhead":
        inside.overhead(course.figures, path, course.what)
    elif name == "guessing":
        inside.guessing(course.figures, path, course.what)
    elif not large and name == "soak":
        inside.soak(course.figures, path, course.what)


def main() -> int:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine", description=__doc__)
    parser.add_argument("--model", action="append", choices=tuple(CELLS), help="only this model")
    parser.add_argument("--only", action="append", choices=ALL, help="only this measure; may be repeated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without llama.cpp's servers")
    options = parser.parse_args()
    names = options.only or ALL
    console = Console(width=None if sys.stdout.isatty() else 150)
    servers.FOLDER.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="engine-", dir=servers.FOLDER))
    figures, notes = Figures(), list[str]()
    pin(LOAD_CORE)
    for what in options.model or CELLS:
        with console.status(what) as status, ExitStack() as running:
            targets = _servers(what, folder, not options.alone, status.update)
            for target in targets:
                running.enter_context(target.running(folder / f"{what}-{target.name}.log", core=SERVER_CORE))
            course = Course(targets, figures, options.rounds, what)
            for name in (each for each in ALL if each in names):  # the restart last: its server stays down
                status.update(f"{what}: {name}")
                try:
                    _measure(name, course, _path(what, status.update), folder)
                except (RuntimeError, OSError) as error:
                    notes.append(f"{what}: {name} failed: {error}")
                save(figures, servers.FOLDER / "engine.json", notes, False)  # a run takes half an hour
    show(figures, console)
    for note in notes:
        console.print(f"[yellow]{note}[/]")
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
