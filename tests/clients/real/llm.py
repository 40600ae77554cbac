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
    """Connected; and a file with a function."""
    place.connect("llm")
    (place.home / "tools.py").write_text(_TOOLS)


def ask(place: Place, prompt: str, resume: bool) -> str:
    tools = ("--functions", str(place.home / "tools.py"))
    return place.run("llm", *(["--continue"] if resume else []), *tools, prompt)


def background(place: Place) -> str:
    """Saves the prompt as a template, and uses it."""
    saved = place.run("llm", "-s", "Write a short title. Return only the title.", "--save", "title")
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
