"""`agent-router demo`: real requests through a router of its own, the split they make, and nothing left running."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.markup import escape

from agent_router.cli.output import JSON_OPTION, console, errors, friendly, print_json
from agent_router.config import PRESETS
from agent_router.errors import ConfigError
from agent_router.local_models import BUNDLED_WORDS
from agent_router.paths import PREFIX
from agent_router.settings import Server

_START_SECONDS = 30

# (what it shows, model, streamed, messages, more arguments)
_ASKS: list[tuple[str, str, bool, list[dict[str, str]], dict[str, Any]]] = [
    (
        "a heartbeat, as agents send it all day",
        "auto",
        False,
        [{"role": "user", "content": "[heartbeat poll] Nothing new has happened. Reply HEARTBEAT_OK if all is well."}],
        {},
    ),
    (
        "a title, streamed",
        "auto",
        True,
        [
            {"role": "system", "content": "Write a short title for the conversation. Answer with the title only."},
            {"role": "user", "content": "I want to plan a trip to Lisbon in spring with two children."},
        ],
        {"max_tokens": 24},
    ),
    (
        "a label, constrained to a JSON schema",
        "local",
        False,
        [{"role": "user", "content": "Is this urgent? 'The server is down and customers cannot pay.'"}],
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "triage",
                    "schema": {
                        "type": "object",
                        "properties": {"priority": {"type": "string", "enum": ["urgent", "normal", "ignore"]}},
                        "required": ["priority"],
                        "additionalProperties": False,
                    },
                },
            }
        },
    ),
    (
        "a harder question, streamed",
        "auto",
        True,
        [{"role": "user", "content": "Why is the sky blue? Answer in one sentence."}],
        {"max_tokens": 200},
    ),
    ("one to the closed model by name", "closed", False, [{"role": "user", "content": "Name three rivers."}], {}),
]


def demo(as_json: bool = JSON_OPTION) -> None:
    """Send a handful of real requests through a router of its own, show the answers and the split.

    It uses a temporary data folder, and a free port where 8484 is taken, so your own ledger and router stay as they
    are; it leaves nothing running. With OPENAI_API_KEY or ANTHROPIC_API_KEY set, the closed side is the real one, at
    its price (a few hundred tokens).
    """
    with friendly(as_json), contextlib.ExitStack() as stack:
        stack.enter_context(_quiet(as_json))
        stack.enter_context(_ended_by_signals())
        console.rule("[bold]agent-router demo")
        client = _client()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agent-router-demo-")))
        environment, closed = _environment(folder, stack)
        console.print(
            f"The local model: {BUNDLED_WORDS} What it is asked here is of the kinds it was trained for.",
            style="dim",
            markup=False,
        )
        with console.status("Starting the router …"):
            began = time.monotonic()
            url = stack.enter_context(_router(environment))
        console.print(f"The router listens on {url} (started in {time.monotonic() - began:.1f} s).\n")
        asks = [ask for ask in _ASKS if closed or ask[1] != "closed"]
        answers = [_ask(client, url, *ask) for ask in asks]
        time.sleep(0.2)  # the ledger writes within 0.1 s
        usage = [sys.executable, "-m", "agent_router", "usage"]
        if as_json:
            ran = subprocess.run([*usage, "--json"], env=environment, capture_output=True, check=True)
            print_json({"url": url, "closed": closed, "answers": answers, "usage": json.loads(ran.stdout)})
        else:
            console.rule("[bold]Your split (of this demo)")
            subprocess.run(usage, env=environment, check=False)
        if closed == "scripted":
            console.print(
                "The stand-in bills nothing: its tokens are shown at the list price of gpt-5.4.", style="yellow"
            )
        console.print(
            "Nothing of this was kept. To stay: [bold]make serve[/bold] (or `agent-router serve`), then point an agent "
            "at [bold]http://127.0.0.1:8484/v1[/bold] with the model [bold]auto[/bold]. "
            "The page with your split is at http://127.0.0.1:8484/ while it runs."
        )
        failed = sum(answer["error"] is not None for answer in answers)
        if failed:
            errors.print(f"[red]error:[/red] {failed} of {len(answers)} requests got no answer.")
            raise typer.Exit(1)


@contextlib.contextmanager
def _quiet(quiet: bool) -> Iterator[None]:
    """Nothing for people on standard output while a program reads it."""
    before, console.quiet = console.quiet, quiet
    try:
        yield
    finally:
        console.quiet = before


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """What ends this process from outside unwinds it first, so that nothing it started stays."""

    def end(number: int, frame: object) -> NoReturn:
        raise typer.Exit(128 + number)

    numbers = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
    previous = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _client() -> Any:
    """The official client's module. Loading it takes a second or two, so it happens before the router starts."""
    try:
        with console.status("Loading the openai client …"):
            import openai
    except ImportError:
        raise ConfigError("The demo talks through the official client: `pip install openai`, then again.") from None
    return openai


def _environment(folder: Path, stack: contextlib.ExitStack) -> tuple[dict[str, str], str | None]:
    """The demo's own configuration, and its closed side: the user's if there is a key, else the scripted upstream of
    the tests, else none."""
    configuration = ""
    closed = next((name for name, preset in PRESETS.items() if os.environ.get(preset["key_env"], "").strip()), None)
    if closed:
        console.print(f"{PRESETS[closed]['key_env']} is set: the closed side is the real {closed}.")
    else:
        address = stack.enter_context(_scripted_upstream())
        if address is None:
            console.print("No API key is set, and there is no checkout with the scripted upstream: all is local.")
        else:
            console.print(
                "No API key is set: the closed side of this demo is a scripted stand-in from the tests, which only "
                "repeats what it is asked; it is not a closed model.",
                style="yellow",
            )
            closed = "scripted"
            configuration = f'[upstreams.scripted]\nbase_url = "{address}/v1"\nmodels = ["gpt-5.4"]\n'
    configuration += '[routing]\nlocal_families = ["heartbeat-*", "title-*"]\n'
    (folder / "config.toml").write_text(configuration)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    made = {PREFIX + "CONFIG": str(folder / "config.toml"), PREFIX + "DATA": str(folder / "data")}
    return kept | made, closed


@contextlib.contextmanager
def _scripted_upstream() -> Iterator[str | None]:
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests" / "upstreams").is_dir():
        yield None
        return
    command = [sys.executable, "-m", "tests.upstreams", "--port", "0"]
    with _running(command, dict(os.environ), cwd=root) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1].decode().rstrip("/")


@contextlib.contextmanager
def _router(environment: dict[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "agent_router", "serve", "--port", str(_port()), "--json"]
    with _running(command, environment) as process:
        assert process.stdout is not None
        lines = b""
        while b"}" not in lines:
            line = process.stdout.readline()
            if not line:
                raise ConfigError("The router did not start." + (f" It said: {lines.decode()}" if lines else ""))
            lines += line
        yield str(json.loads(lines)["url"])


def _port() -> int:
    """The usual port, or 0 for a free one where something, perhaps the user's own router, has it."""
    from agent_router.server import bind  # with it comes the web stack, which no other command waits for

    usual = Server()
    try:
        bind(usual.host, usual.port).close()
    except ConfigError:
        return 0
    return usual.port


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, whatever happens in it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=cwd)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _ask(
    client: Any, url: str, title: str, model: str, stream: bool, messages: list[Any], more: dict[str, Any]
) -> dict[str, Any]:
    """Ask, show what came, and return it: `ask`, `requested`, `answer`, `error`, `route`, `model`, `reason`."""
    console.print(f"[bold]{title}[/bold]  (model [cyan]{model}[/cyan])")
    console.print(f"  ask     {messages[-1]['content'][:100]}", markup=False)
    found = {"ask": title, "requested": model, "answer": None, "error": None}
    connected = client.OpenAI(base_url=f"{url}/v1", api_key="not-needed", max_retries=0)
    create = connected.chat.completions.with_raw_response.create
    try:
        if stream:
            options = {"include_usage": True}
            raw = create(model=model, messages=messages, stream=True, stream_options=options, **more)
            text = "".join(chunk.choices[0].delta.content or "" for chunk in raw.parse() if chunk.choices)
        else:
            raw = create(model=model, messages=messages, **more)
            text = raw.parse().choices[0].message.content or ""
    except client.OpenAIError as error:
        console.print(f"  [red]error[/red]   {escape(str(error))}\n")
        return found | {"error": str(error)}
    said = {name: raw.headers[f"x-agent-router-{name}"] for name in ("route", "model", "reason")}
    console.print(f"  answer  {text.strip()[:300]}", markup=False)
    colour = "green" if said["route"] == "local" else "magenta"
    console.print(
        f"  route   [{colour}]{said['route']}[/{colour}] → {escape(said['model'])}: {escape(said['reason'])}\n"
    )
    return found | {"answer": text} | said
