"""The GGUF's own Jinja chat template, rendered as transformers does it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import jinja2
import jinja2.ext
import jinja2.sandbox
from jinja2 import nodes
from jinja2.parser import Parser

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
    # jinja's own filter escapes HTML, which no chat template means.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise(message: str) -> None:
    raise TemplateError(str(message))


def _strftime_now(form: str) -> str:
    return datetime.datetime.now().astimezone().strftime(form)


class ChatTemplate:
    """A compiled template. `source` None or broken: ChatML.

    `native_tools`: it renders tools, calls and results itself, in the form that `tool_calls` reads.
    """

    def __init__(self, source: str | None, *, bos: str, eos: str) -> None:
        self._tokens = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = _environment().from_string(source or CHATML)
            self.source = source or CHATML
        except jinja2.TemplateError:
            self._template = _environment().from_string(CHATML)
            self.source = CHATML
        # Templates that write calls as XML or as another token's JSON are served in text instead.
        foreign = ("<function=", "<arg_key>", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_calls_section_begin|>")
        self.native_tools = (
            "tools" in self.source and "<tool_call>" in self.source and not any(mark in self.source for mark in foreign)
        )

    def render(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, **variables: Any) -> str:
        """The prompt's text, ready for the assistant's turn. Raises TemplateError.

        A template that refuses the messages as they are (no system role, roles that must alternate) is asked
        once more with the system's text in the first user turn and turns of the same role merged.
        """
        try:
            return self._render(messages, tools, variables)
        except TemplateError:
            return self._render(merged(messages), tools, variables)

    def _render(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, variables: dict[str, Any]
    ) -> str:
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
