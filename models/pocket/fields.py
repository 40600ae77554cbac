"""Examples of extraction: a text, a schema, and the JSON object that the text fills."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from . import words
from .example import Example, ask, choose, closed_object, to_json, with_schema
from .words import say

STRING, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
# Kind of value: key names, how a text says it (some only apart), its schema, and where its values come from.
_Kind = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], dict[str, Any], Callable[[random.Random], Any]]
KINDS: dict[str, _Kind] = {
    "person": (
        ("name", "full_name", "customer", "contact", "person", "sender", "author", "client"),
        ("[My name is|I am|This is] <x>", "[Customer|Name|Contact|Client|From]: <x>", "<x> [wrote to us|called|asked]"),
        ("yours, <x>", "signed by <x>"),
        STRING,
        words.person,
    ),
    "email": (
        ("email", "mail", "email_address", "e_mail", "contact_email", "reply_to"),
        ("[my |the |]email is <x>", "[Email|E-mail|Mail]: <x>", "[write to|reply to|reach me at|contact] <x>"),
        ("<x> is where I read mail", "address: <x>"),
        STRING,
        words.email,
    ),
    "date": (
        ("date", "due_date", "day", "deadline", "delivery_date", "when", "start_date"),
        ("[on|for|by|until] <x>", "[Date|Due|Deadline|When]: <x>", "[it is due|we meet|it starts|delivery is] on <x>"),
        ("the day is <x>", "scheduled: <x>"),
        STRING,
        words.date,
    ),
    "amount": (
        ("amount", "total", "price", "cost", "sum", "value", "total_amount"),
        (
            "[the |][total|amount|price|cost] is <x>[ EUR| USD| euros|]",
            "[Total|Amount|Price]: <x>",
            "[I paid|costs] <x>",
        ),
        ("we charge <x>", "sum <x>"),
        NUMBER,
        words.money,
    ),
    "count": (
        ("quantity", "count", "number", "units", "people", "pieces", "qty"),
        ("[Quantity|Count|Units|Number]: <x>", "[we need|I want|send] <x> [pieces|units|of them]", "for <x> people"),
        ("<x> in all", "pcs <x>"),
        INTEGER,
        words.whole,
    ),
    "code": (
        ("order_id", "order", "id", "ticket", "invoice", "reference", "number_plate", "order_number"),
        ("[order|ticket|invoice|reference|case] [number |no. |]<x>", "[Order|Ticket|Invoice|ID|Ref]: <x>"),
        ("filed under <x>", "see <x>"),
        STRING,
        words.code,
    ),
    "phone": (
        ("phone", "phone_number", "tel", "mobile", "telephone"),
        ("[my |]phone[ number|] is <x>", "[Phone|Tel|Mobile]: <x>", "call [me at |us at |]<x>"),
        ("ring <x>",),
        STRING,
        words.phone,
    ),
    "city": (
        ("city", "location", "place", "town", "destination", "where"),
        ("in <x>", "[City|Place|Location]: <x>", "[ship to|I live in|we are in|going to] <x>"),
        ("based in <x>",),
        STRING,
        words.city,
    ),
    "company": (
        ("company", "organisation", "vendor", "employer", "supplier", "organization"),
        ("[I work at|on behalf of|bought from] <x>", "[Company|Vendor|Supplier]: <x>"),
        ("employed by <x>",),
        STRING,
        words.company,
    ),
    "product": (
        ("product", "item", "article", "what", "thing"),
        ("[I ordered|I bought|we want|it is about] [a|the] <x>", "[Product|Item|Article]: <x>"),
        ("concerning one <x>",),
        STRING,
        lambda rng: rng.choice(words.PRODUCTS) if rng.random() < 0.7 else f"{words.word(rng)} {words.word(rng)}",
    ),
    "time": (
        ("time", "start_time", "hour", "at", "start"),
        ("at <x>", "[Time|Start]: <x>", "[it starts|we begin] at <x>"),
        ("<x> sharp",),
        STRING,
        words.clock,
    ),
}
_EXTRACT = (
    "[Extract|Get|Pull|Read|Find|Return] the [fields|data|details|information|values] [from|in|out of] "
    "[this|the|the following] [text|message|email|note][.| as JSON.|:]",
    "[Extract|Return|Give me] [<keys>][ from [the|this] [text|message|email]|][.| as JSON.|:]",
    "[Fill|Complete] the [fields|schema|JSON|object] [from|with|using] [the|this] [text|message|email][.|:]",
    "[What are|Find] the <keys> [in|of] [this|the] [text|message|note]?",
    "You [extract|read] [fields|data] [from|out of] [messages|texts|emails][.| and answer in JSON.]",
)
_EXTRACT_APART = ("Turn what follows into a record.", "Parse it: <keys>.", "Capture <keys> from what was written.")

_PLAIN = (
    "[Extract|Return|Give|Find] [<keys>|the fields <keys>] as [JSON|a JSON object].",
    "[Return|Answer with|Reply with|Write] [JSON|a JSON object] with [the |][keys|fields] <keys>.",
)
_PLAIN_APART = ("I need <keys> in JSON.", "JSON only, keys: <keys>.")


def _text(rng: random.Random, parts: list[tuple[str, Any]], apart: bool) -> str:
    """A message that says every value, as sentences or as lines."""
    lines = rng.random() < 0.35
    said = []
    for kind, value in parts:
        _, seen, kept, _, _ = KINDS[kind]
        pattern = choose(rng, seen, kept, apart and rng.random() < 0.7)
        phrase = say(rng, pattern, x=value)
        said.append(phrase if lines or pattern.startswith("<x>") else phrase[0].upper() + phrase[1:])
    return ("\n" if lines else rng.choice([". ", ". ", ", ", "; "])).join(said) + rng.choice(["", "."])


def _property(rng: random.Random, kind: str) -> dict[str, Any]:
    shape = dict(KINDS[kind][3])
    if rng.random() < 0.1:
        shape["description"] = f"The {rng.choice(KINDS[kind][0]).replace('_', ' ')}."
    return shape


def extraction(rng: random.Random, apart: bool) -> Example:
    """One to four fields out of a text that holds these and others; a field that may be absent is then null."""
    kinds = rng.sample(list(KINDS), rng.randrange(1, 6))
    values = {kind: KINDS[kind][4](rng) for kind in kinds}
    wanted = rng.sample(kinds, rng.randrange(1, min(4, len(kinds)) + 1))
    keys, properties, answer = {}, {}, {}
    for kind in wanted:
        key = keys[kind] = rng.choice(KINDS[kind][0])
        properties[key], answer[key] = _property(rng, kind), values[kind]
    said = list(values.items())
    if rng.random() < 0.12:
        lost = wanted[-1]
        said = [part for part in said if part[0] != lost]
        properties[keys[lost]]["type"] = [properties[keys[lost]]["type"], "null"]
        answer[keys[lost]] = None
    rng.shuffle(said)
    text = _text(rng, said, apart) if said else "Nothing else to say."
    schema = closed_object(properties)
    if rng.random() < 0.12:
        plain = say(rng, choose(rng, _PLAIN, _PLAIN_APART, apart), keys=", ".join(properties))
        return Example("extraction", ask(rng, plain, text), to_json(answer), schema=schema)
    named = ", ".join(key.replace("_", " ") for key in properties)
    instruction = say(rng, choose(rng, _EXTRACT, _EXTRACT_APART, apart), keys=named)
    if rng.random() < 0.3:
        del schema["additionalProperties"]
    messages = with_schema(rng, ask(rng, instruction, text), schema)
    return Example("extraction", messages, to_json(answer), schema=schema)


def records(rng: random.Random, apart: bool) -> Example:
    """Keys and values that mean nothing, as lines: the lesson that a key's value stands behind the key."""
    keys = [words.word(rng) for _ in range(rng.randrange(2, 6))]
    makers = (words.person, words.email, words.date, words.code, words.city, words.word, words.company)
    values = {key: rng.choice(makers)(rng) for key in keys}
    wanted = rng.sample(list(values), rng.randrange(1, min(3, len(values)) + 1))
    schema = closed_object(dict.fromkeys(wanted, STRING))
    link = rng.choice([": ", " is ", " = "])
    text = rng.choice(["\n", ", ", "; "]).join(key + link + value for key, value in values.items())
    instruction = say(rng, choose(rng, _EXTRACT, _EXTRACT_APART, apart), keys=", ".join(wanted))
    messages = with_schema(rng, ask(rng, instruction, text), schema)
    return Example("records", messages, to_json({key: values[key] for key in wanted}), schema=schema)
