"""The GGUF's own Jinja chat template, rendered as transformers does it."""

from __future__ import annotations

import datetime
import json
from contextlib import suppress
from functools import cached_property, partial
from types import GeneratorType
from typing import Any

import jinja2
import jinja2.ext
import jinja2.sandbox
from jinja2 import nodes
from jinja2.parser import Parser

from agent_models.engine.abilities import Abilities, abilities
from agent_models.engine.chat_form import chat_form

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""What a file without a usable template is asked with."""


class TemplateError(ValueError):
    """The template refused these messages; the text is the template's own."""


class _Generation(jinja2.ext.Extension):
    """`{% generation %}` marks the assistant's part for training; for asking it means nothing."""

    tags = {"generation"}  # noqa: RUF012  jinja's own way

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols, _Generation]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # jinja's own filter escapes HTML, which no chat template means. What `map` gives is meant as a list.
    if isinstance(value, GeneratorType):
        value = list(value)
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise(message: str) -> None:
    raise TemplateError(str(message))


def _strftime_now(form: str) -> str:
    return datetime.datetime.now().astimezone().strftime(form)


def usable(source: str | None) -> str:
    """The template's text; ChatML's where there is none, or none that can be read."""
    if source:
        try:
            _environment().from_string(source)
        except jinja2.TemplateError:
            return CHATML
    return source or CHATML


class ChatTemplate:
    """A compiled template. `source` None or broken: ChatML.

    `form` says how answers look, `abilities` what of tools it renders itself.
    """

    def __init__(self, source: str | None, *, bos: str, eos: str) -> None:
        self._tokens = {"bos_token": bos, "eos_token": eos}
        self.source = usable(source)
        self._template = _environment().from_string(self.source)
        self.form = chat_form(self.source)

    @cached_property
    def abilities(self) -> Abilities:
        """See the class. Tools in a form that is not known are told in text."""
        return abilities(partial(self._render, variables={})) if self.form.native else Abilities()

    def render(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, **variables: Any) -> str:
        """The prompt's text, ready for the assistant's turn. Raises TemplateError.

        A template that refuses the messages as they are (no system role, roles that must alternate) is asked
        once more with the system's text in the first user turn and turns of the same role merged. One that fails
        without tools is given an empty list of them.
        """
        try:
            return self._render(messages, tools, variables)
        except TemplateError as error:
            if tools is None:
                with suppress(TemplateError):
                    return self._render(messages, [], variables)
            try:
                return self._render(merged(messages), tools, variables)
            except TemplateError:
                raise error from None

    def _render(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, variables: dict[str, Any]
    ) -> str:
        if tools and self.form.tools_in_system:
            messages = _tools_in_system(messages, tools)
        try:
            return self._template.render(
                messages=messages, tools=tools, add_generation_prompt=True, **self._tokens, **variables
            )
        except TemplateError:
            raise
        except Exception as error:
            # A template is a program from the model's file and can fail in any way; its message may quote
            # the prompt, so only the kind of failure is passed on.
            raise TemplateError(f"it failed with {type(error).__name__}") from None


def _tools_in_system(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    told = json.dumps([tool["function"] for tool in tools], ensure_ascii=False)
    if messages and messages[0]["role"] == "system":
        return [{**messages[0], "tools": told}, *messages[1:]]
    return [{"role": "system", "content": "", "tools": told}, *messages]


def merged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same conversation with the system's text in the first user turn and no role twice in a row."""
    system = [message["content"] for message in messages if message["role"] == "system"]
    rest = [dict(message) for message in messages if message["role"] != "system"]
    if system and (not rest or rest[0]["role"] != "user"):
        rest.insert(0, {"role": "user", "content": "\n\n".join(system)})
    elif system:
        rest[0]["content"] = "\n\n".join([*system, rest[0]["content"]])
    turns: list[dict[str, Any]] = []
    for message in rest:
        last = turns[-1] if turns else None
        if last is not None and last["role"] == message["role"] and message["role"] != "tool":
            last["content"] = "\n\n".join(text for text in (last["content"], message["content"]) if text)
            if calls := [*last.get("tool_calls", ()), *message.get("tool_calls", ())]:
                last["tool_calls"] = calls
        else:
            turns.append(message)
    return turns
