"""Examples of short writing: a conversation's title and a commit message's subject."""

from __future__ import annotations

import random

from . import words
from .example import Example, ask, choose, in_json
from .words import say

# Each pair: how the user asks, and the title that its words make.
_TOPICS = (
    ("[Can|Could] you [help me |]fix the <a> <b>[ in our <c>|]?", "Fix the <a> <b>"),
    ("[I need to|We have to|I want to] plan [a|our] <a> <b> [for|in] <city>", "Plan a <a> <b> in <city>"),
    ("How do I [write|make|set up] a <a> <b>[ quickly|]?", "Set up a <a> <b>"),
    ("[Please |]compare the <a> and the <b>[ for me|]", "Compare the <a> and <b>"),
    ("[My|Our] <a> <b> is [too |very |]slow[, any ideas?|]", "Make the <a> <b> faster"),
    ("[The|Our] <a> [throws|gives|shows] an error [when|as] I open the <b>", "Error in <a> with <b>"),
    ("[Write|Draft] an email to <p> about the <a>", "Email to <p> about <a>"),
    ("[What should I pack for|I am going on] a trip to <city>[ in <month>|]?", "Trip to <city>"),
    ("[Which|What] <product> should I buy[ for my <a>|]?", "Choosing a <product> to buy"),
    ("[Translate|Summarise] [the|this] <a> <b>[ for me|]", "Summary of the <a> <b>"),
    ("[Move|Migrate] the <a> from <s> to <s2>", "Move <a> from <s> to <s2>"),
    ("[Add|I would like] a <a> [to|in|for] the <b> [page|view|tool]", "Add a <a> to the <b>"),
    ("[Why does|I wonder why] the <a> <b> fail[s|]?", "Why the <a> <b> fails"),
    ("[Schedule|Book|Arrange] a meeting with <p> on <w>", "Meeting with <p> on <w>"),
)
_REPLIES = (
    "[Sure|Of course|Happy to help|Yes]. [Let us|We can] start with the <b>.",
    "[I can do that.|Let me look.|Certainly.] [Which|What] <a> do you [mean|use]?",
    "[Here is|This is] a [first idea|plan|draft].",
)
_TITLE = (
    "[Write|Give|Create|Generate|Suggest|Make] a [short |brief |concise |]title [for|of] [this|the] [conversation|chat]"
    "[.| in 3-6 words.| (3 to 6 words).| of at most six words.| No quotes.]",
    "[Title|Name] [this|the] [conversation|chat|thread][.| in 3 to 6 words.|, at most 6 words.]",
    "[Summarise|Summarize] [this|the] [conversation|chat] [in|as] [a title of |][3-6|three to six|up to six] words.",
    "[You write|You make|You give] [short |]titles [for|of] conversations. [Use 3-6 words.|Reply with the title only.]",
)
_TITLE_APART = (
    "What would be a good headline for the exchange below?",
    "Label the chat for a sidebar, six words at most.",
)


def title(rng: random.Random, apart: bool) -> Example:
    """Three to six words of the conversation."""
    pattern, wanted = rng.choice(_TOPICS)
    slots: dict[str, object] = {
        "a": words.noun(rng),
        "b": words.noun(rng),
        "c": words.noun(rng),
        "city": words.city(rng),
        "p": words.first_name(rng),
        "product": rng.choice(words.PRODUCTS),
        "s": rng.choice(words.SERVICES),
        "s2": rng.choice(words.SERVICES),
        "w": rng.choice(words.WEEKDAYS),
        "month": rng.choice(words.MONTHS),
    }
    said = say(rng, pattern, **slots)
    style = rng.randrange(3)
    user, model = [("User: ", "Assistant: "), ("user: ", "assistant: "), ("", "")][style]
    text = user + said
    if style < 2 and rng.random() < 0.6:
        text += "\n" + model + say(rng, rng.choice(_REPLIES), **slots)
    instruction = say(rng, choose(rng, _TITLE, _TITLE_APART, apart))
    messages = ask(rng, instruction, text)
    answer = say(rng, wanted, **slots)
    if rng.random() < 0.25:
        return in_json(rng, "title", messages, rng.choice(["title", "title", "name"]), answer)
    return Example("title", messages, answer)


def _change(rng: random.Random) -> tuple[str, str, str]:
    """A diff's file, its changed lines, and the subject that says so."""
    file = words.path(rng)
    base = file.rsplit("/", 1)[-1]
    name = f"{rng.choice(words.VERBS)}_{words.noun(rng)}"
    other = f"{rng.choice(words.VERBS)}_{words.noun(rng)}"
    setting, old, new = words.noun(rng), words.whole(rng), words.whole(rng)
    package, low, high = words.word(rng), rng.randrange(1, 9), rng.randrange(1, 30)
    changes = (
        (f"+def {name}({setting}):\n+    return {setting}", f"Add {name} to {base}"),
        (f"-def {name}({setting}):\n-    return {setting}", f"Remove {name} from {base}"),
        (f"-def {name}():\n+def {other}():", f"Rename {name} to {other}"),
        (f"-{setting} = {old}\n+{setting} = {new}", f"Change {setting} from {old} to {new}"),
        (f"-{package}=={low}.{high}\n+{package}=={low + 1}.{high}", f"Bump {package} to {low + 1}.{high}"),
        (f"+import {package}\n {name}()", f"Import {package} in {base}"),
        (f"+def test_{name}():\n+    assert {name}()", f"Test {name}"),
        (f"+# {setting} of the {package}\n {name}()", f"Comment {name} in {base}"),
    )
    lines, subject = rng.choice(changes)
    return file, lines, subject


_COMMIT = (
    "[Write|Give|Generate|Suggest|Create] a [git |]commit [message|subject|title] for [this|the|the following] "
    "[diff|change|patch][.|, one line.| (one line only).|. No body.]",
    "[Summarise|Describe] [this|the] [diff|change|patch] [as|in] [one line|a commit message|a commit subject][.|]",
    "[You write|Your job is to write] commit [messages|subjects]. [One line.|Imperative mood.|At most 60 characters.]",
)
_COMMIT_APART = (
    "What should the first line of the commit be?",
    "Sum up what the patch does, as git log would show it.",
)


def commit(rng: random.Random, apart: bool) -> Example:
    """The subject line of a small diff."""
    file, lines, subject = _change(rng)
    place = f"@@ -{rng.randrange(1, 99)},3 +{rng.randrange(1, 99)},3 @@\n"
    head = rng.choice(
        [
            f"diff --git a/{file} b/{file}\n",
            f"--- a/{file}\n+++ b/{file}\n",
            f"diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n" + place,
        ]
    )
    instruction = say(rng, choose(rng, _COMMIT, _COMMIT_APART, apart))
    messages = ask(rng, instruction, head + lines)
    if rng.random() < 0.15:
        return in_json(rng, "commit", messages, rng.choice(["subject", "message", "title"]), subject)
    return Example("commit", messages, subject)
