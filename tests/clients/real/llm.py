"""llm: prompts from a shell. Its tools are functions that the user gives along. It makes no calls of its own; what is
done with it again and again is a saved system prompt, here one for titles."""

from __future__ import annotations

from tests.clients.real.client import Client, Place

_TOOLS = '''import subprocess

def run_command(command: str) -> str:
    """Run a shell command and return its output."""
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout
'''
_MAIL = "The printer on the second floor is out of paper again. Could somebody look after it today?"


def setup(place: Place) -> None:
    """`extra-openai-models.yaml`, and a file with a function."""
    folder = place.home / ".config" / "io.datasette.llm"
    folder.mkdir(parents=True)
    (folder / "extra-openai-models.yaml").write_text(
        f"- model_id: {place.model}\n"
        f"  model_name: {place.model}\n"
        f"  api_base: {place.url}/v1\n"
        "  supports_tools: true\n"
        "  supports_schema: true\n"
        "  headers:\n"
        "    x-agent-router-agent: llm\n"
    )
    (place.home / "tools.py").write_text(_TOOLS)


def ask(place: Place, prompt: str, resume: bool) -> str:
    tools = ("--functions", str(place.home / "tools.py"))
    return place.run("llm", *(["--continue"] if resume else []), "-m", place.model, *tools, prompt)


def background(place: Place) -> str:
    """Saves the prompt as a template, and uses it."""
    saved = place.run("llm", "-m", place.model, "-s", "Write a short title. Return only the title.", "--save", "title")
    return saved + place.run("llm", "-t", "title", stdin=_MAIL)


CLIENT = Client(
    name="llm",
    title="llm",
    manager="pypi",
    packages=("llm",),
    connect="llm",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title",),
)
