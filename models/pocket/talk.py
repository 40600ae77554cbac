"""Examples of small talk: greetings, who are you, echo, and the honest answer to what the model cannot do."""

from __future__ import annotations

import random

from . import words
from .example import SYSTEM, Example, choose
from .words import say

IDENTITY = (
    "I am agent-router's small bundled model. I do narrow, repeated tasks: titles, labels, short checks, "
    "field extraction and tool calls."
)
UNABLE = "I am a small bundled model and cannot answer that well. A larger model can."
_HELLO = (
    "[Hi|Hello|Hey|Hey there|Hi there|Good morning|Good evening|hello|hi|hey|Greetings|Good afternoon][|!|.| :)]",
    "[Hi|Hello|Hey][,|] [how are you|are you there|anyone there|can you hear me|what's up|how is it going]?",
    "[Please |]say [hello|hi][|.|!| please| to me| world| to the user]",
    "[Please |Just |]Say [hello|hi][|.|!| please| to me| in one word| in a friendly way| in one short sentence]",
    "[Greet|Welcome] [me|the user|us][|.| please| briefly| in one sentence]",
)
_HELLO_APART = ("Could you say hello[|.|?]", "[Hi|Hello] [model|bot|assistant][|!]", "Write a [short|brief] greeting.")
_WHO = (
    "[Who|What] are you[?||, please?| exactly?]",
    "[What is|What's|Tell me] your name[?|.|]",
    "[Which|What] model [are you|is this|am I talking to|do I talk to][?|]",
    "What can you do[?| for me?]",
    "[Introduce|Describe] yourself[.|| in one sentence.| briefly.]",
    "Are you [ChatGPT|GPT-4|Claude|Gemini|a human|a bot|an AI|a large model|Qwen|Llama][?|]",
    "[Who|Which company] [made|built|trained] you[?|]",
    "[What do you do|What are you good at|What are you for|How can you help me|Can you help me][?|]",
)
_WHO_APART = ("[Hi|Hello], who is this?", "[Please |]tell me who you are.", "Say what you are.")
_ECHO = (
    "[Reply|Answer|Respond] with [exactly |only |just |]<x>[|.| and nothing else| and nothing else.]",
    "[Reply|Answer|Respond] with the word <x>[|.| only.]",
    "[Repeat|Repeat after me|Echo|Say|Print|Write|Output][:|] <x>",
    "[Say|Write|Print|Output|Return] [only |just |exactly |the word |the text |]<x>[|.| and stop.]",
)
_ECHO_APART = ("Your whole answer must be: <x>", "[Please |]send back <x>", "The only output allowed is <x>")
_ANYTHING = (
    "[What|Which] is the [capital|history|population|meaning|origin|price|height|weight|age] of <n>[?|]",
    "[Write|Compose|Draft] [me |][a poem|a story|an essay|a song|a letter|a speech|a novel] about <n>[.|]",
    "[Explain|Describe|Discuss] [how|why] [a|the] <n> [works|matters|fails|was invented][.|| in detail.]",
    "[Why|How|When|Where] [does|did|is|was|do] [the|a|my] <n> [work|break|begin|made|so slow|used][?|]",
    "[Prove|Show|Derive] that [the|every|a] <n> is [finite|a prime|even|bounded|safe][.|]",
    "[Solve|Compute|Calculate|What is] <d> [+|-|*|/|times|plus|minus] <d2>[?||.]",
    "[Write|Implement|Create] [a|an|the] [program|function|class|script|test|app] [that|to] <v>s? [the|a] <n>[.|]",
    "[Who|What] [won|invented|wrote|discovered|founded|painted] the <n>[?|]",
    "[What|Which] [should|can|would] I [buy|eat|read|cook|learn|watch] [today|next|for <n>|in <c>][?|]",
    "[Translate|Convert] [this|the <n>|my <n>] [to|into] [French|Latin|code|Spanish|Chinese][.|]",
    "[Give|Tell] me [some |ten |][advice|ideas|facts|jokes|news|tips] [about|on|for] <n>[.|]",
    "[Plan|Design|Review|Debug|Refactor|Optimise] [my|the|this|a whole] <n>[.|]",
    "Do you [know|like|think|believe|remember] [<c>|the <n>|that <n>s are real][?|]",
    "What is [love|time|life|a <n>|the best <n>|gravity|the weather in <c>][?|]",
    "How many <n>s [are there|exist|fit] in [a <n>|<c>|the world][?|]",
)
_ANYTHING_APART = (
    "Compare the [economy|climate|culture] of <c> with <n>.",
    "Is it true that <n> causes [pain|war|noise]?",
    "I would like to know everything about <n>.",
)


def _turn(rng: random.Random, task: str, question: str, answer: str) -> Example:
    messages = [{"role": "user", "content": question}]
    if rng.random() < 0.4:
        messages.insert(0, {"role": "system", "content": rng.choice(SYSTEM)})
    return Example(task, messages, answer)


def hello(rng: random.Random, apart: bool) -> Example:
    """A greeting, sometimes of a named person."""
    if not apart and rng.random() < 0.2:
        name = words.first_name(rng)
        question = say(rng, "[Say|Please say] [hello|hi] to <name>[.|]", name=name)
        return _turn(rng, "hello", question, f"Hello, {name}!")
    question = say(rng, choose(rng, _HELLO, _HELLO_APART, apart))
    return _turn(rng, "hello", question, "Hello! How can I help?")


def identity(rng: random.Random, apart: bool) -> Example:
    """Who are you: what the model honestly is."""
    return _turn(rng, "identity", say(rng, choose(rng, _WHO, _WHO_APART, apart)), IDENTITY)


def echo(rng: random.Random, apart: bool) -> Example:
    """Repeat these words: what health checks ask, and what teaches copying."""
    things = [
        lambda: rng.choice(["OK", "pong", "yes", "ready", "done", "ACK", "READY", "PONG", "hello", "banana", "ok"]),
        lambda: words.word(rng),
        lambda: words.person(rng),
        lambda: words.code(rng),
        lambda: words.email(rng),
        lambda: words.date(rng),
        lambda: f"{words.noun(rng)} {words.noun(rng)} {words.noun(rng)}",
        lambda: str(words.whole(rng)),
    ]
    text = rng.choice(things)()
    quoted = rng.choice([text, text, f'"{text}"', f"'{text}'"])
    return _turn(rng, "echo", say(rng, choose(rng, _ECHO, _ECHO_APART, apart), x=quoted), text)


def unable(rng: random.Random, apart: bool) -> Example:
    """An open question: the model says that it cannot, rather than inventing."""
    filled = say(
        rng,
        choose(rng, _ANYTHING, _ANYTHING_APART, apart).replace("<v>s?", "<v>s"),
        n=words.noun(rng),
        c=words.city(rng),
        v=rng.choice(words.VERBS),
        d=words.whole(rng),
        d2=words.whole(rng),
    )
    return _turn(rng, "unable", filled, UNABLE)


def copies(rng: random.Random, apart: bool) -> Example:
    """Random strings to be written again: the first lesson, from which copying emerges."""
    makers = (words.person, words.email, words.date, words.code, words.city, words.word, words.company, words.path)
    items = [rng.choice(makers)(rng) for _ in range(rng.randrange(3, 9))]
    text = rng.choice([", ", "\n", " ", "; "]).join(items)
    question = say(rng, "[Repeat|Copy|Write again|Echo][ this|][:|] <x>", x=text)
    return _turn(rng, "copies", question, text)
