"""Examples of one tool call among the tools on offer, and of what is said after its result."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from . import words
from .example import SYSTEM, Example
from .words import say

_Values = dict[str, Callable[[random.Random], Any]]


def _free_text(rng: random.Random) -> str:
    return " ".join(words.noun(rng) for _ in range(rng.randrange(1, 4)))


def _place(rng: random.Random) -> str:
    return rng.choice([words.city, words.city, words.word])(rng)


# Name, description, arguments and their makers, how a user asks for it, how one asks only apart.
_Tool = tuple[str, str, _Values, tuple[str, ...], tuple[str, ...]]
TOOLS: tuple[_Tool, ...] = (
    (
        "get_weather",
        "Get the weather for a city.",
        {"city": _place},
        (
            "[What is|What's|How is|Show me|Tell me] the weather [like |]in <city>[ now| today|][?|.]",
            "[Is it|Will it be] [raining|warm|cold|sunny] in <city>[ today|]?",
            "[Weather|Forecast] [in|for] <city>[, please|]",
        ),
        ("Do I need an umbrella in <city>?",),
    ),
    (
        "send_email",
        "Send an email.",
        {"to": words.email, "subject": _free_text},
        (
            "[Send|Write] an email to <to> [about|with the subject|with subject] <subject>",
            "[Email|Mail|Write to] <to> about <subject>",
        ),
        ("<to> should hear from me: <subject>",),
    ),
    (
        "read_file",
        "Read a file's content.",
        {"path": words.path},
        ("[Read|Open|Show me|Print|Look at|What is in] [the file |]<path>[.|]", "[Can you |Please ]read <path>?"),
        ("I want to see <path>",),
    ),
    (
        "search_web",
        "Search the web.",
        {"query": _free_text},
        ("[Search|Look|Google] [the web |online |]for <query>", "[Find|Look up] <query> [online|on the web]"),
        ("What does the internet say on <query>",),
    ),
    (
        "create_event",
        "Put an event into the calendar.",
        {"title": _free_text, "date": words.date, "time": words.clock},
        (
            "[Add|Put|Create] [an event |]<title> [on|to the calendar for] <date> at <time>",
            "[Schedule|Book|Plan] <title> [for|on] <date> at <time>",
        ),
        ("On <date> at <time> there is <title>, note it",),
    ),
    (
        "set_timer",
        "Set a timer in minutes.",
        {"minutes": lambda rng: rng.randrange(1, 120)},
        ("[Set|Start] a timer [for|of] <minutes> minutes", "[Remind|Wake|Call] me in <minutes> minutes"),
        ("<minutes> minutes from now, beep",),
    ),
    (
        "run_command",
        "Run a shell command.",
        {
            "command": lambda rng: rng.choice(
                ["ls -la", "git status", f"cat {words.path(rng)}", f"rm {words.path(rng)}"]
            )
        },
        ("[Run|Execute|Do] [the command |]<command>", "[Run|Type] <command> in the [shell|terminal]"),
        ("I need the output of <command>",),
    ),
    (
        "get_order",
        "Look up an order by its id.",
        {"order_id": words.code},
        (
            "[Where is|Look up|Find|Check|What about] [my |the |]order <order_id>[?|]",
            "[Status|State] of order <order_id>",
        ),
        ("Has <order_id> left the house?",),
    ),
    (
        "convert_currency",
        "Convert an amount of money.",
        {
            "amount": words.whole,
            "from": lambda rng: rng.choice(["EUR", "USD", "GBP", "JPY"]),
            "to": lambda rng: rng.choice(["CHF", "SEK", "INR", "BRL"]),
        },
        ("[Convert|Change|How much is] <amount> <from> [to|into|in] <to>[?|]",),
        ("I have <amount> <from>, what is that in <to>?",),
    ),
    (
        "add_contact",
        "Store a contact.",
        {"name": words.person, "phone": words.phone},
        ("[Add|Save|Store] [the contact |]<name>[,| with| with phone| with number] <phone>",),
        ("<name> can be called at <phone>, keep that",),
    ),
)


def _invented(rng: random.Random) -> _Tool:
    """A tool nobody has heard of, so that names and arguments must be read, not remembered."""
    verb, thing = rng.choice(words.VERBS), words.noun(rng)
    makers = (words.word, words.code, words.person, words.city, words.path, words.date, words.whole)
    names = rng.sample(
        ["id", "name", "target", "value", "label", "owner", "key", words.word(rng)], rng.choice((1, 1, 2))
    )
    values: _Values = {name: rng.choice(makers) for name in names}
    with_names = " [and|,] ".join(f"[the |]{name} <{name}>" for name in names)
    asks = [f"[Please |]{verb} [the |a |]{thing} [with|for|using] {with_names}"]
    if len(names) == 1:
        asks.append(f"[Please |Can you |]{verb} [the |]{thing} <{names[0]}>")
    return f"{verb}_{thing}", f"{verb.capitalize()} a {thing}.", values, tuple(asks), tuple(asks)


def _type(value: Any) -> str:
    return "integer" if isinstance(value, int) else "string"


def _offer(rng: random.Random, tool: _Tool, values: dict[str, Any]) -> dict[str, Any]:
    name, description, makers, _, _ = tool
    properties = {key: {"type": _type(values.get(key, make(rng)))} for key, make in makers.items()}
    parameters = {"type": "object", "properties": properties, "required": list(makers)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _start(rng: random.Random, question: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    if rng.random() < 0.35:
        messages.insert(0, {"role": "system", "content": rng.choice(SYSTEM)})
    return messages


def _call_text(name: str, arguments: dict[str, Any], compact: bool) -> str:
    inner = json.dumps(arguments, ensure_ascii=False, separators=(",", ":") if compact else (", ", ": "))
    return f'<tool_call>\n{{"name": "{name}", "arguments": {inner}}}\n</tool_call>'


def tool_call(rng: random.Random, apart: bool) -> Example:
    """The call that the user's request needs, its arguments copied from the request."""
    offered = rng.sample(TOOLS, rng.choice((0, 0, 1, 1, 2)))
    tool = _invented(rng) if rng.random() < 0.45 else rng.choice([t for t in TOOLS if t not in offered])
    values = {key: make(rng) for key, make in tool[2].items()}
    offered += [_invented(rng) for _ in range(rng.randrange(0, 2))]
    offered = list({other[0]: other for other in offered if other[0] != tool[0]}.values())
    offered.insert(rng.randrange(len(offered) + 1), tool)
    tools = [_offer(rng, each, values if each is tool else {}) for each in offered]
    question = say(rng, rng.choice(tool[4] if apart else tool[3]), **values)
    compact = rng.random() < 0.15
    return Example("tool_call", _start(rng, question), _call_text(tool[0], values, compact), tools, compact=compact)


def tool_result(rng: random.Random, apart: bool) -> Example:
    """After the tool has answered: its fields in a plain sentence."""
    tool = _invented(rng) if rng.random() < 0.5 else rng.choice(TOOLS)
    values = {key: make(rng) for key, make in tool[2].items()}
    question = say(rng, rng.choice(tool[3]), **values)
    messages = _start(rng, question)
    call = {"type": "function", "function": {"name": tool[0], "arguments": json.dumps(values, ensure_ascii=False)}}
    messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
    makers = (words.word, words.whole, words.city, words.date, words.person)
    keys = ["status", "result", "state", "temperature", "title", "total", "owner", "date", "found", words.word(rng)]
    found = {key: rng.choice(makers)(rng) for key in rng.sample(keys, rng.choice((1, 1, 2)))}
    if rng.random() < 0.2:
        content, answer = rng.choice([("ok", "Done."), ("done", "Done."), ('{"ok": true}', "Done.")])
    else:
        content = json.dumps(found, ensure_ascii=False)
        answer = "; ".join(f"{key}: {value}" for key, value in found.items())
    messages.append({"role": "tool", "content": content})
    return Example("tool_result", messages, answer, [_offer(rng, tool, values)])


def tool_unneeded(rng: random.Random, apart: bool) -> Example:
    """Tools are offered but the user only greets or thanks."""
    tools = [_offer(rng, tool, {}) for tool in [*rng.sample(TOOLS, rng.randrange(1, 3))]]
    question, answer = rng.choice(
        [
            ("[Hi|Hello|Hey|Good morning][!|.|]", "Hello! How can I help?"),
            ("[Thanks|Thank you|Great, thanks|Perfect][!|.|]", "You are welcome."),
        ]
    )
    return Example("tool_unneeded", _start(rng, say(rng, question)), answer, tools)
