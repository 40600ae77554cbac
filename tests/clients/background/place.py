"""Where a client runs: everything of its own, so that nothing of the user's is touched."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_KEPT = ("PATH", "LANG", "TMPDIR", "SSL_CERT_FILE")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")


@dataclass(frozen=True)
class Place:
    """`install` is where the client's package is, `home` its HOME, `work` its working directory (a git repository
    with some files), `url` the router without /v1, `port` one that its own servers may take, `log` where all that it
    showed is written."""

    install: Path
    home: Path
    work: Path
    url: str
    port: int
    log: Path
    node: Path | None = None
    model: str = "auto"

    def environment(self, **more: str) -> dict[str, str]:
        """No variable of the user's, and nothing that makes a client look for updates."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        if self.node is not None:
            kept["PATH"] = f"{self.node}:{kept.get('PATH', '')}"
        quiet = {"NO_UPDATE_NOTIFIER": "1", "DO_NOT_TRACK": "1", "NO_COLOR": "1", "TERM": "xterm-256color"}
        return kept | quiet | {"HOME": str(self.home), "TZ": "UTC"} | more

    def program(self, name: str) -> str:
        """The path of one of the client's programs."""
        found = [self.install / "node_modules" / ".bin" / name, self.install / "venv" / "bin" / name]
        return str(next((path for path in found if path.exists()), found[0]))

    def run(self, *command: str, stdin: str = "", limit: float = 90, **environment: str) -> str:
        """All that the program showed; also when it failed or did not end, because the calls are what counts."""
        try:
            ran = subprocess.run(
                command,
                cwd=self.work,
                env=self.environment(**environment),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
                check=False,
            )
            shown, code = ran.stdout + ran.stderr, str(ran.returncode)
        except subprocess.TimeoutExpired as late:
            output, errors = late.stdout or b"", late.stderr or b""
            shown, code = (output + errors).decode("utf-8", "replace"), f"none within {limit:g} s"  # type: ignore[operator, union-attr]
        self.write(f"$ {' '.join(command)}\n{shown}\n[exit {code}]\n")
        return _ESCAPES.sub("", shown)

    def write(self, text: str) -> None:
        """Adds to what it showed."""
        with self.log.open("a") as log:
            log.write(text)

    @contextmanager
    def serving(self, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A server of the client's that runs meanwhile."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.work, env=self.environment(**environment), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            try:
                yield process
            finally:
                for number in (15, 9):
                    try:
                        os.killpg(process.pid, number)
                        process.wait(10)
                        break
                    except ProcessLookupError:
                        break
                    except subprocess.TimeoutExpired:
                        continue


def furnish(home: Path, work: Path) -> None:
    """An empty home, and a git repository with some files."""
    home.mkdir(parents=True)
    work.mkdir(parents=True)
    (home / ".gitconfig").write_text(
        "[user]\nname = Tester\nemail = tester@example.org\n[init]\ndefaultBranch = main\n"
    )
    (work / "notes.md").write_text("# Notes\n\n## Things to do\n\n- water the plants\n- call the plumber\n")
    (work / "sum.py").write_text("def add(a, b):\n    return a - b\n")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "First notes")):
        subprocess.run(("git", *command), cwd=work, env={**os.environ, "HOME": str(home)}, check=True)


def sweep(home: Path) -> None:
    """Ends what a client has left running: processes that still have this home (Linux only)."""
    wanted = f"HOME={home}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), 9)
        except OSError:
            continue
