"""The real `llm` with our plugin beside it: installed as pip installs it, as far as llm can see, against a router.

llm is looked for in `.clients/llm/venv` (AGENT_ROUTER_CLIENTS names another folder than `.clients`); to put it there:
`python -m venv .clients/llm/venv && .clients/llm/venv/bin/pip install llm`.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.clients.real import install
from tests.clients.real.llm import CLIENT
from tests.models.engine.tiny_gguf import make_tiny_bert
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = Path(os.environ.get("AGENT_ROUTER_CLIENTS") or ROOT / ".clients")
VENV = CLIENTS / "llm" / "venv"
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\3\1\1\0"
    b"\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82"
)
TOOLS = '''
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "sunny in " + repr(city)
'''

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # what others leave open
]


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    install.ensure(CLIENT)


class Ran(NamedTuple):
    status: int
    out: str
    err: str


class Llm:
    """A user's `llm`, in a home of its own, beside our package."""

    def __init__(self, home: Path) -> None:
        self.home = home
        site = home / "site"
        site.mkdir(parents=True)
        (site / "agent_router").symlink_to(ROOT / "agent_router")
        # What an installation leaves behind for others: the names of the entry points.
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        info = site / f"agent_router-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: agent-router\nVersion: {project['version']}\n")
        lines = [f"{name} = {module}\n" for name, module in project["entry-points"]["llm"].items()]
        (info / "entry_points.txt").write_text("[llm]\n" + "".join(lines))
        (home / "tools.py").write_text(TOOLS)
        (home / "image.png").write_bytes(PNG)
        (home / "config.toml").write_text("")
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "LLM_USER_PATH": str(home / "llm"),
            "PYTHONPATH": str(site),
            "AGENT_ROUTER_CONFIG": str(home / "config.toml"),
            # A proxy that is not there: what is on this machine is not asked for by way of it.
            **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
        }

    async def __call__(self, *words: str, program: tuple[str, ...] = ("llm",), **more: str) -> Ran:
        process = await asyncio.create_subprocess_exec(
            str(VENV / "bin" / program[0]),
            *program[1:],
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment | more,
            cwd=self.home,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), 60)
        except TimeoutError:
            process.kill()
            raise
        return Ran(process.returncode or 0, out.decode(), err.decode())

    async def python(self, program: str, **more: str) -> Ran:
        return await self("-c", program, program=("python",), **more)


@pytest.fixture
def llm(tmp_path: Path) -> Llm:
    return Llm(tmp_path / "home")


class House(NamedTuple):
    llm: Llm
    upstream: ScriptedUpstream
    url: str
    ledger: Path

    def calls(self, columns: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.ledger) as conn:
            return conn.execute(f"SELECT {columns} FROM calls ORDER BY id").fetchall()


@pytest.fixture
async def house(llm: Llm, tmp_path: Path) -> AsyncIterator[House]:
    async with ScriptedUpstream() as upstream:
        settings = {
            "upstreams": {"work": {"base_url": f"{upstream.url}/v1", "models": ["gpt-5.4"]}},
            "local": {"models": [str(make_tiny_bert(tmp_path / "bert.gguf"))]},
        }
        async with running_router(tmp_path / "data", settings) as (url, app):
            (llm.home / "config.toml").write_text(f"[server]\nport = {url.rpartition(':')[2]}\n")
            yield House(llm, upstream, url, app.configuration.ledger)


async def test_every_model_of_the_running_router(house: House) -> None:
    listed = (await house.llm("models")).out
    for name in ("auto", "local", "closed", "local/pocket", "work/gpt-5.4"):
        assert f"agent-router: agent-router/{name}\n" in listed
    assert "agent-router/local/bert" not in listed
    assert "agent-router/auto" in (await house.llm("models", "--async")).out
    vectors = (await house.llm("embed-models")).out
    assert "agent-router/auto" in vectors
    assert "agent-router/local/bert" in vectors
    assert "pocket" not in vectors
    assert "agent-router" in (await house.llm("plugins")).out


@pytest.mark.parametrize(
    ("model", "way"),
    [
        ("auto", []),
        ("closed", ["--no-stream"]),
        ("work/gpt-5.4", ["--async"]),
        ("auto", ["--async", "--no-stream"]),
    ],
)
async def test_an_answer_and_its_usage(house: House, model: str, way: list[str]) -> None:
    ran = await house.llm("-m", f"agent-router/{model}", *way, "-u", "Say pineapple.")
    assert ran.status == 0, ran.err
    assert ran.out == "echo: Say pineapple.\n"
    ((agent, streamed, status, read, output),) = await settled(
        house, "agent, stream, status, input + cache_read, output"
    )
    assert (agent, streamed, status) == ("llm", "--no-stream" not in way, "ok")
    assert f"Token usage: {read} input, {output} output" in ran.err


async def settled(house: House, columns: str) -> list[tuple[object, ...]]:
    """The ledger's rows, when there are some."""
    for _ in range(100):
        if found := house.calls(columns):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("nothing in the ledger")


@pytest.mark.parametrize("way", [[], ["--no-stream"], ["--async"]])
async def test_a_tool_is_called_and_its_result_goes_back(house: House, way: list[str]) -> None:
    ran = await house.llm(
        "-m", "agent-router/auto", "--functions", "tools.py", *way, "call get_weather for the city Paris"
    )
    assert ran.status == 0, ran.err
    assert "tool said: sunny in" in ran.out


async def test_a_schema_an_attachment_and_a_second_turn(house: House) -> None:
    schema = json.dumps({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    ran = await house.llm("-m", "agent-router/closed", "--schema", schema, "Count the sheep.")
    assert isinstance(json.loads(ran.out)["n"], int), ran.err
    ran = await house.llm("-m", "agent-router/auto", "-a", "image.png", "What is this?")
    assert (ran.status, ran.out) == (0, "echo: What is this?\n"), ran.err
    assert b"data:image/png;base64," in house.upstream.requests[-1].body
    await house.llm("-m", "agent-router/auto", "-s", "Be brief.", "My name is Ada.")
    ran = await house.llm("-c", "What is my name?")
    assert "Ada" in ran.out, ran.err
    ran = await house.llm("-m", "agent-router/closed", "-o", "reasoning_effort", "low", "-o", "max_tokens", "3", "Hi.")
    assert (ran.status, ran.out) == (0, "echo: Hi.\n"), ran.err


@pytest.mark.parametrize("model", ["auto", "local/bert"])
async def test_vectors(house: House, model: str) -> None:
    ran = await house.llm("embed", "-m", f"agent-router/{model}", "-c", "hello the cat")
    assert ran.status == 0, ran.err
    vector = json.loads(ran.out)
    assert len(vector) > 4
    assert abs(sum(number * number for number in vector) - 1) < 0.01


async def test_errors_are_the_routers_own_words(house: House) -> None:
    ran = await house.llm("-m", "agent-router/closed", "-o", "max_tokens", "0", "Hi.")
    assert ran.status == 1
    assert ran.err.startswith("Error: ")
    assert "max_tokens" in ran.err
    assert "Error code" not in ran.err


async def test_the_routers_key_is_taken_from_its_variable_or_from_llms_keys(llm: Llm, tmp_path: Path) -> None:
    settings = {"server": {"api_key_env": "AR_TEST_KEY"}}
    os.environ["AR_TEST_KEY"] = "of-callers"
    try:
        async with running_router(tmp_path / "data", settings) as (url, _):
            port = url.rpartition(":")[2]
            (llm.home / "config.toml").write_text(f"[server]\nport = {port}\napi_key_env = 'AR_TEST_KEY'\n")
            ran = await llm("-m", "agent-router/local", "-o", "max_tokens", "5", "hi")
            assert ran.status == 1
            assert "llm keys set agent-router" in ran.err
            ran = await llm("-m", "agent-router/local/pocket", "-o", "max_tokens", "5", "hi", AR_TEST_KEY="of-callers")
            assert ran.status == 0, ran.err
            await llm("keys", "set", "agent-router", "--value", "of-callers")
            ran = await llm("-m", "agent-router/local", "-o", "max_tokens", "5", "hi")
            assert ran.status == 0, ran.err
    finally:
        del os.environ["AR_TEST_KEY"]


async def test_without_a_router_it_says_how_to_start_one(llm: Llm) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (llm.home / "config.toml").write_text(f"[server]\nport = {port}\n")
    for words in (
        ["-m", "agent-router/auto", "hi"],
        ["-m", "agent-router/auto", "--async", "hi"],
        ["embed", "-m", "agent-router/auto", "-c", "hi"],
    ):
        ran = await llm(*words)
        assert ran.status == 1
        assert ran.err.startswith(f"Error: No router answers at http://127.0.0.1:{port}."), ran.err
        assert "agent-router serve" in ran.err
    assert "agent-router/closed" in (await llm("models")).out
    ran = await llm("-m", "agent-router/auto", "hi", AGENT_ROUTER_URL="http://127.0.0.1:9/v1")
    assert "No router answers at http://127.0.0.1:9." in ran.err


async def test_models_that_a_router_had_are_known_when_it_has_ended(house: House) -> None:
    await house.llm("models")
    (house.llm.home / "config.toml").write_text("[server]\nport = 9\n")
    ran = await house.llm("-m", "agent-router/work/gpt-5.4", "hi")
    assert "No router answers at http://127.0.0.1:9." in ran.err
    assert "agent-router/local/bert" in (await house.llm("embed-models")).out


async def test_it_costs_llm_nearly_nothing(llm: Llm) -> None:
    """No module that llm does not load by itself, and milliseconds where no router runs; nobody else is asked."""
    (llm.home / "config.toml").write_text("[server]\nport = 9\n")
    program = """
import sys, time
import llm, llm.plugins
import llm.default_plugins.openai_models, http.client, tomllib
before = set(sys.modules)
start = time.perf_counter()
import agent_router.llm_plugin as plugin
found = []
plugin.register_models(lambda model, async_model: found.append(model.model_id))
took = time.perf_counter() - start
print(took, len(found), sorted(set(sys.modules) - before))
"""
    ran = await llm.python(program)
    seconds, count, loaded = ran.out.split(maxsplit=2)
    assert int(count) == 3, ran.err
    small = ("agent_router", "encodings.", "stringprep")
    modules = [name for name in json.loads(loaded.replace("'", '"')) if not name.startswith(small)]
    assert modules == [], "llm loads none of these by itself"
    assert float(seconds) < 0.25  # about 0.01; a busy machine takes longer
    listening = await asyncio.start_server(_note, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        ran = await llm("models", AGENT_ROUTER_URL=f"http://localhost.example:{port}")
        assert ran.status == 0
        assert _ASKED == []
        (llm.home / "config.toml").write_text(f"[server]\nport = {port}\n")
        ran = await asyncio.wait_for(llm("models"), 30)  # someone else's port, who never answers
        assert ran.status == 0
        assert "agent-router/auto" in ran.out
        assert _ASKED != []


_ASKED: list[bytes] = []


async def _note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _ASKED.append(await reader.read(1000))
    await asyncio.sleep(5)
    writer.close()
