"""``python -m tests.bench``: agent-router's proxy path against the direct upstream and the bare relay."""

from __future__ import annotations

import argparse
import atexit
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.bench import ledger_rows, local, measures, peers
from tests.bench.figures import ROUTER, Figures
from tests.bench.measures import FULL, QUICK, Course, Effort
from tests.bench.processes import go_first, step_back
from tests.bench.report import save, show
from tests.bench.targets import LOAD_CORE, ROOT, Target, Upstream, pin, relay, router

FOLDER = ROOT / ".bench"
MEASURES: dict[str, Callable[[Course], None]] = {
    "idle": measures.idle_memory,
    "call": measures.call,
    "agent": measures.agent,
    "stream": measures.stream,
    "throughput": measures.throughput,
    "events": measures.events,
    "translating": measures.translating,
    "translation": measures.translation,
    "memory": measures.memory,
}
NAMES = ("start", *MEASURES, "ledger", "local")


class Bench:
    """One run of the benchmark: what is wanted, what came out, and what went wrong."""

    def __init__(self, names: set[str], effort: Effort, console: Console, folder: Path) -> None:
        self.names = names
        self.effort = effort
        self.figures = Figures()
        self.notes: list[str] = []
        self.broken = False
        self._console = console
        self._folder = folder

    def note(self, text: str) -> None:
        """Says what could not be measured."""
        self.notes.append(text)
        self._console.print(f"[yellow]{text}[/]", soft_wrap=True)

    def course(self, upstream: Upstream, targets: list[Target]) -> None:
        """All measures of these targets, interleaved; a target that does not start is left out."""
        if "start" in self.names:
            for target in list(targets):
                self._guard(target, targets, partial(self._start, target))
        if not self.names & set(MEASURES):
            return
        with ExitStack() as running:
            for target in list(targets):
                context = target.running(self._log(target))
                self._guard(target, targets, partial(running.enter_context, context))
            if not targets:
                return
            course = Course(upstream, targets, self.effort, self.figures)
            for name in MEASURES:
                if name in self.names:
                    self._measure(name, course)

    def _measure(self, name: str, course: Course) -> None:
        with self._console.status(f"{name}: {', '.join(target.name for target in course.targets)}"):
            try:
                MEASURES[name](course)
            except (RuntimeError, OSError) as error:
                self.broken |= any(target.name == ROUTER for target in course.targets)
                self.note(f"{name} failed: {error}")

    def _start(self, target: Target) -> None:
        with self._console.status(f"start: {target.name}"):
            measures.start([target], self.effort, self.figures, self._folder)

    def _guard(self, target: Target, targets: list[Target], work: Callable[[], object]) -> None:
        try:
            work()
        except (RuntimeError, OSError) as error:
            targets.remove(target)
            self.broken |= target.name == ROUTER
            self.note(f"{target.name} is left out: {error}")

    def _log(self, target: Target) -> Path:
        return self._folder / f"{target.name}.log"

    def ledger(self, target: Target) -> None:
        """Counts the rows of a router that has stopped."""
        if "ledger" in self.names and target.sent:
            ledger_rows.count(target, self.figures)

    def local(self) -> None:
        """The local path, if it is wanted."""
        if "local" not in self.names:
            return
        try:
            with self._console.status("local: agent-router, llama_cpp.server"):
                local.measure(self.figures, self._folder, rounds=5 if self.effort is QUICK else 20)
        except (RuntimeError, OSError) as error:
            self.note(f"local path: {error}")


def _peers(bench: Bench, upstream: Upstream) -> None:
    for make in (peers.litellm, peers.portkey):
        try:
            target = make(upstream, FOLDER)
        except peers.Missing as error:
            bench.note(f"{make.__name__} is left out: {error}")
        else:
            bench.course(upstream, [target])


def main() -> int:
    """Runs what is asked for; 0 unless the router could not be measured at all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--peers", action="store_true", help="LiteLLM's proxy and Portkey's gateway too")
    parser.add_argument("--quick", action="store_true", help="a tenth of the effort: for a look, not for a record")
    parser.add_argument("--only", action="append", choices=NAMES, help="only this measure; may be repeated")
    parser.add_argument("--floor", action="store_true", help="leave the router out: direct and the bare relay alone")
    parser.add_argument(
        "--first", action="store_true", help="go before the machine's other work (needs the right to raise priority)"
    )
    options = parser.parse_args()
    if options.first:
        go_first()
        atexit.register(step_back)
    console = Console(width=None if sys.stdout.isatty() else 140)
    FOLDER.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=FOLDER))
    bench = Bench(set(options.only or NAMES), QUICK if options.quick else FULL, console, folder)
    upstream = Upstream.make()
    pin(LOAD_CORE)
    with upstream.running(folder / "upstream.log", core=LOAD_CORE):
        ours = router(upstream, folder)
        bench.course(upstream, [relay(upstream)] if options.floor else [relay(upstream), ours])
        bench.ledger(ours)
        if options.peers:
            _peers(bench, upstream)
    if not options.floor:
        bench.local()
    show(bench.figures, console)
    save(bench.figures, FOLDER / "results.json", bench.notes, options.first)
    console.print(f"Written to {(FOLDER / 'results.json').relative_to(ROOT)}.")
    if bench.notes:
        console.print(f"The servers' own output is in {folder.relative_to(ROOT)}.")
    else:
        shutil.rmtree(folder)
    return int(bench.broken)


if __name__ == "__main__":
    sys.exit(main())
