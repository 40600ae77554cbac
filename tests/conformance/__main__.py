"""``python -m tests.conformance``: other people's suites against a router of its own, over scripted upstreams.

Each suite is fetched from its registry into `.conformance/`: npm's llmprobe and `ai`, PyPI's langchain-tests and
schemathesis. Needs node 20. Two are in no registry, and named with `--open-responses` and `--openai-examples`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.running_router import router_process

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".conformance"
NPM = [
    "llmprobe@0.6",
    "ai@6",
    "@ai-sdk/openai",
    "@ai-sdk/openai-compatible",
    "@ai-sdk/anthropic",
    "@ai-sdk/google",
    "zod",
]
PIP = ["langchain-tests", "langchain-openai", "langchain-anthropic", "schemathesis", "pytest-asyncio"]
SUITES = ("open-responses", "openai-examples", "llmprobe", "langchain", "ai", "schemathesis")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def _run(command: list[str], folder: Path | None = FOLDER, **more: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **more, "NO_COLOR": "1"}, check=False
    )
    return re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout + ran.stderr)


def install(console: Console) -> Path:
    """The suites; returns the Python that has them."""
    FOLDER.mkdir(exist_ok=True)
    python = FOLDER / "venv" / "bin" / "python"
    with console.status("fetching the suites"):
        if not (FOLDER / "package.json").exists():
            (FOLDER / "package.json").write_text('{"private": true, "type": "module"}')
        _run(["npm", "install", "--silent", *NPM])
        if not python.exists():
            _run([sys.executable, "-m", "venv", "venv"])
            _run([str(python), "-m", "pip", "install", "-q", *PIP])
    (FOLDER / "ai_sdk.mjs").write_bytes((Path(__file__).parent / "ai_sdk.mjs").read_bytes())
    return python


@contextmanager
def upstream(speaks: str) -> Iterator[str]:
    """The address of a scripted upstream of one dialect, in a process of its own."""
    command = [sys.executable, "-m", "tests.upstreams", "--port", "0", "--eager", "--speaks", speaks]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


def suite(name: str, python: Path, url: str, model: str, given: dict[str, Path | None], full: bool) -> str:
    """What a suite says in its last words."""
    match name:
        case "llmprobe":
            command = ["node_modules/.bin/llmprobe", f"{url}/v1", "-m", model, "--no-bench", "--no-save"]
            told = _run([*command, "--full"] if full else command)
            counts = re.findall(
                r"^  (models|chat|responses|messages|count-tokens|completions)\s+(\d+)/(\d+)", told, re.M
            )
            failed = re.findall(r"^  ✗ (.*)\n      → (.*)", told, re.M)
            return "\n".join(
                [
                    f"MUST {sum(int(each[1]) for each in counts)} of {sum(int(each[2]) for each in counts)}",
                    *(f"{what}: {why}" for what, why in failed if ":" in what),
                ]
            )
        case "langchain":
            command = [str(python), "-m", "pytest", "-q", "-c", os.devnull, "--noconftest", "-p", "no:cacheprovider"]
            command += ["-o", "asyncio_mode=auto", "-o", "asyncio_default_test_loop_scope=session"]
            command.append(str(Path(__file__).parent / "langchain_suite.py"))
            told = _run(command, ROUTER_URL=url, ROUTER_MODEL=model)
            return "\n".join(re.findall(r"^(?:FAILED .*|\d+ (?:passed|failed).*)$", told, re.M))
        case "ai":
            return _run(["node", "ai_sdk.mjs", url, model]).strip()
        case "schemathesis":
            binary = str(python.with_name("schemathesis"))
            told = _run(
                [binary, "run", f"{url}/openapi.json", "--url", url, "--checks", CHECKS, "--max-examples", "50"]
            )
            return "\n".join(re.findall(r"\d+ generated, .*|❌ ST\d+.*", told))
        case "openai-examples":
            spec = str(given[name])
            return _run([sys.executable, "-m", "tests.conformance.openai_examples", spec, url, model], ROOT).strip()
        case _:
            command = ["npx", "tsx", "bin/compliance-test.ts", "--base-url", f"{url}/v1", "--model", model]
            # Node 20 has a WebSocket, but only where asked for.
            options = {"NODE_OPTIONS": "--experimental-websocket"}
            told = _run([*command, "--api-key", "k", "--json"], given[name], **options)
            results = json.loads(told[told.index("{") : told.rindex("}") + 1])["results"]
            failed = [
                f"{each['id']}: {'; '.join(each.get('errors', []))}" for each in results if each["status"] != "passed"
            ]
            return "\n".join([f"{len(results) - len(failed)} of {len(results)}", *(each[:200] for each in failed)])


def main() -> int:
    """Run what is asked for and show it."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--only", action="append", choices=SUITES, help="only this suite; may be repeated")
    parser.add_argument("--full", action="store_true", help="llmprobe's slow tests as well: caches, long context")
    parser.add_argument(
        "--open-responses", type=Path, metavar="FOLDER", help="a checkout of github.com/openresponses/openresponses"
    )
    parser.add_argument(
        "--openai-examples", type=Path, metavar="FILE", help="openapi.json of github.com/openai/openai-openapi"
    )
    options = parser.parse_args()
    given = {"open-responses": options.open_responses, "openai-examples": options.openai_examples}
    console = Console(width=None if sys.stdout.isatty() else 140)
    python = install(console)
    wanted = options.only or SUITES
    for name in wanted:
        if name in given and given[name] is None:
            console.print(f"{name} is left out: it is in no registry; name it with --{name}.")
    wanted = [name for name in wanted if name not in given or given[name] is not None]
    with ExitStack() as running, tempfile.TemporaryDirectory() as data:
        addresses = {each: running.enter_context(upstream(each)) for each in ("chat", "responses", "messages")}
        configuration = "\n".join(
            f'[upstreams.{name}]\nkind = "{"anthropic" if name == "messages" else "openai"}"\n'
            f'base_url = "{address}/v1"\nmodels = ["m-{name}"]\n'
            for name, address in addresses.items()
        )
        configuration += '[routing]\nclosed = "chat/m-chat"\n'
        url, _ = running.enter_context(router_process(Path(data), configuration))
        table = Table("suite", "over", "result", title="conformance")
        for name in wanted:
            for model in ("m-chat", "m-responses", "m-messages", "local") if name != "schemathesis" else ("all",):
                with console.status(f"{name}, {model}"):
                    table.add_row(name, model, suite(name, python, url, model, given, options.full))
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
