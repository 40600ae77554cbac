"""Examples whose answer is one of a few labels: heartbeat, triage, other classes, yes or no, language."""

# ruff: noqa: E501 - a phrase is easier to read in one line
from __future__ import annotations

import random

from . import words
from .example import Example, ask, choose, in_json
from .speech import LANGUAGES, sentence
from .words import say

OK = "HEARTBEAT_OK"
_CALM = (
    "<s>: [ok|running|healthy|up|fine|green|normal|all good|no errors|passing]",
    "[Disk|Memory|CPU|Load] [usage |]on <s>: <low>%",
    "[Inbox|Calendar|Queue|Task list|Mailbox]: [empty|nothing new|no new items|no events today|clear]",
    "[Last |]backup [of <s> |][finished|succeeded|completed] at <t>",
    "- <done> [check|review|update|clean] the <n>",
    "No [open|pending|overdue|failed|new] [tasks|tickets|alerts|jobs|messages|reminders]",
    "<s> [answered|responded] in <low> ms",
    "[Tests|Jobs|Deploys|Builds]: [all passed|0 failed|no failures|success]",
    "[Certificate|Licence|Token] [for <s> |]is valid until 2031",
)
_ALARM = (
    "<s>: [down|failed|not responding|error|crashed|offline|unreachable|red]",
    "[Disk|Memory|CPU] [usage |]on <s>: <high>%",
    "[Inbox|Mailbox]: [new|urgent|unread] message from <p>",
    "[Last |]backup [of <s> |]failed at <t>",
    "[Reminder due|Overdue|Due now]: [call|email|meet|pay|answer] <p>",
    "[Calendar: |][meeting|call|appointment] with <p> in <low> minutes",
    "<low> [failed|overdue|stuck] [jobs|tasks|builds|payments] on <s>",
    "[Certificate|Licence|Token] [for <s> |]expires [today|tomorrow|in 2 days]",
    "- <todo> [overdue|late|due today]: [pay|send|finish] the <n>",
)
_BEAT = (
    "[This is a |]heartbeat[ check| poll|][.|:] [If|When] nothing [needs attention|is wrong|needs to be done|to report],"
    " [reply|answer|respond|say] [with |only |]HEARTBEAT_OK. [Otherwise|Else|If not,] [report|tell me|say] "
    "[the problem|what needs attention|what is wrong].",
    "[Read|Check|Look at|Go through] [HEARTBEAT.md|the status|the checklist|the list below|this report]. If "
    "[all is well|nothing needs attention|nothing is due], [reply|answer] HEARTBEAT_OK[.|; otherwise name the problem.]",
    "[Reply|Answer|Respond with] HEARTBEAT_OK if [there is nothing to report|everything is fine|nothing needs "
    "attention|no item needs action][.|, else report the item.|; else name it.]",
    "[Periodic|Scheduled|Regular] [check|wake-up|heartbeat]. [Follow the list strictly. |]"
    "[Nothing to do|Nothing to report|All good]? [Say|Answer|Reply] HEARTBEAT_OK.",
)
_BEAT_APART = (
    "Time for your heartbeat turn. Should no line call for action, HEARTBEAT_OK is the whole reply.",
    "You were woken by a timer. Look over the notes and answer HEARTBEAT_OK unless something needs a person.",
)
TRIAGE = {
    "urgent": (
        "[<s> is down|The <s> has crashed|<s> is unreachable][, customers cannot [pay|log in|order]|!| since <t>]",
        "[Security|Data] [breach|leak|incident] [on|in] <s>[, act now|, please respond immediately|]",
        "[Payment|Payroll|The transfer] [failed|is blocked] and is due [today|in one hour|by <t> today]",
        "[Please call me|I need an answer] [now|immediately|right away|within the hour][, the <n> is broken|: <s> fails]",
        "[Production|Prod] [alert|error|outage]: <s> [returns errors|is failing|lost data]",
        "[Emergency|Critical|URGENT]: [<p> is in hospital|fire alarm in <c>|the <n> was deleted|<s> lost all data]",
        "[Deadline|Final notice]: the <n> [must be sent|expires|is due] [today|in two hours|tonight]",
    ),
    "normal": (
        "[Could|Can] [you|we] [move|reschedule|confirm] [our|the] [meeting|call] [to|on] <w>[?|, thanks]",
        "[Here is|Attached is|I send you] the [invoice|report|contract|draft] [for|from] [<month>|<p>][.|]",
        "[Question|A question] [about|on] the <n>: [how do I change it|where can I find it|does it support <n2>]?",
        "<p> [asked|asks|would like] [for a review of|to discuss|an update on] the <n>[ next week| on <w>|]",
        "[Please|When you have time, please] [review|check|look at|update] the <n>[ this week| by <w>|]",
        "[Minutes|Notes] [of|from] [the <w> meeting|our call with <p>][, for your comments|]",
        "[Your order|The parcel] <code> [was shipped|arrives on <w>|is ready for pick-up]",
    ),
    "ignore": (
        "[Weekly|Monthly|Daily] [newsletter|digest]: [ten tips|top stories|what is new] [on|about] <n>s",
        "[Sale|Offer|Deal]: <low>% off [all|every] <product>s[ until <w>| this week| today only|]",
        "You have [won|been selected for] [a <product>|a prize|<d> points|a free trip to <c>][!|, click here]",
        "[<p> liked|<p> and <low> others liked|New followers for] your [post|photo|page]",
        "[Unsubscribe|Manage preferences]: [new|more] [products|offers|deals] from <company>",
        "[Try|Upgrade to|Discover] <company> [Premium|Plus|Pro] [free for <low> days|now and save]",
        "[Out of office|Automatic reply]: [I am away until <w>|<p> is on holiday]",
    ),
}
_TRIAGE = (
    "[Triage|Classify|Label|Sort|Rate] [this|the] [message|email|notification|item] [as|into] "
    "[urgent, normal or ignore|urgent, normal, ignore|one of: urgent, normal, ignore|normal, urgent or ignore]."
    "[ Answer with one word.| One word only.|]",
    "[How important|How urgent] is [this|the following] [message|email|notification]? [Answer|Reply] "
    "[urgent, normal or ignore|with urgent, normal or ignore|ignore, normal or urgent][.| only.]",
    "[Is this|Does this count as] urgent, normal or [can I ignore it|ignore]?[ One word.|]",
    "[You triage|You sort|You filter] [incoming |]messages. [Reply with|Output] [one label|one word]: "
    "[urgent, normal or ignore|urgent, normal, ignore|ignore, normal, urgent].",
)
_TRIAGE_APART = (
    "Decide about the priority below. Allowed: urgent / normal / ignore.",
    "Pick a priority for what just came in (urgent, normal, ignore).",
)
CLASSES: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {
    ("positive", "negative", "neutral"): {
        "positive": (
            "[I love|We love|Great,] [this|the|my new] <product>[!|, it works perfectly|, very happy]",
            "[Excellent|Wonderful|Amazing|Fantastic] [service|quality|support][, thank you|!|, would buy again]",
        ),
        "negative": (
            "[I hate|We are unhappy with|Do not buy] [this|the] <product>[, it broke|, a waste of money|!]",
            "[Terrible|Awful|Very bad|Poor] [service|quality|support][, never again|, I want a refund|!]",
        ),
        "neutral": (
            "[The|This] <product> [arrived on <w>|comes in a box|has <low> parts|costs <d>]",
            "[I ordered|We bought|They sell] [a|the] <product> [on <w>|in <month>|in <c>]",
        ),
    },
    ("spam", "not spam"): {
        "spam": TRIAGE["ignore"][1:3],
        "not spam": TRIAGE["normal"][:4],
    },
    ("billing", "technical", "sales"): {
        "billing": (
            "[I was charged twice|My invoice is wrong|I need a refund|Please change my card] [for|on] [order |]<code>",
            "[Where is|I cannot find] [the invoice|my receipt|the bill] [for <month>|of order <code>]?",
        ),
        "technical": (
            "[The <n>|My <n>|<s>] [does not load|shows an error|crashes|is very slow][ since <w>|]",
            "[I cannot|How do I] [install|open|reset|connect] the <n>[?|, it fails]",
        ),
        "sales": (
            "[What does|How much is] the [team|pro|yearly] plan [cost|for <low> users]?",
            "[We want to buy|Do you offer a discount for|Can we get a quote for] <low> [licences|seats|<product>s][?|]",
        ),
    },
}
_CLASSIFY = (
    "[Classify|Label|Categorise|Sort] [the|this] [message|text|ticket|review] [as|into] [one of|]: <labels>.",
    "[Choose|Pick|Give] [the|one|the right] [label|category|class] [out of|from|among] <labels>.[ Answer with it only.|]",
    "[Which|What] [label|category] fits[ best|]: <labels>?[ Only the label.|]",
    "[Answer|Reply] with one of <labels>[.| and nothing else.]",
)
_CLASSIFY_APART = ("The possible classes are <labels>. Name the one that applies.", "<labels> - which is it?")


def _slots(rng: random.Random) -> dict[str, object]:
    return {
        "s": rng.choice(words.SERVICES) + rng.choice(["", "", f"-{rng.randrange(1, 10)}"]),
        "p": words.first_name(rng) if rng.random() < 0.5 else words.person(rng),
        "n": rng.choice(words.NOUNS),
        "n2": rng.choice(words.NOUNS),
        "c": words.city(rng),
        "t": words.clock(rng),
        "w": rng.choice(words.WEEKDAYS),
        "month": rng.choice(words.MONTHS),
        "code": words.code(rng),
        "low": rng.randrange(2, 60),
        "high": rng.randrange(91, 100),
        "d": words.whole(rng),
        "product": rng.choice(words.PRODUCTS),
        "company": words.company(rng),
        "done": "[x]",
        "todo": "[ ]",
    }


def heartbeat(rng: random.Random, apart: bool) -> Example:
    """Nothing to report, or the one line that needs attention."""
    lines = [say(rng, rng.choice(_CALM), **_slots(rng)) for _ in range(rng.randrange(0, 5))]
    answer = OK
    if rng.random() < 0.45:
        alarm = say(rng, rng.choice(_ALARM), **_slots(rng))
        lines.insert(rng.randrange(len(lines) + 1), alarm)
        answer = "Attention: " + alarm.removeprefix("- [ ] ")
    instruction = say(rng, choose(rng, _BEAT, _BEAT_APART, apart))
    if not lines:
        return Example("heartbeat", ask(rng, instruction), answer)
    bullet = rng.choice(["", "- ", "* "])
    head = rng.choice(["", "", "Status:\n", "# HEARTBEAT.md\n", "Notes:\n", "Checklist:\n"])
    text = head + "\n".join(line if line.startswith("- [") else bullet + line for line in lines)
    return Example("heartbeat", ask(rng, instruction, text), answer)


def _labelled(rng: random.Random, task: str, instruction: str, material: str, answer: str) -> Example:
    marked = rng.choice(["", "", "Message: ", "Text: ", "Subject: "]) + material
    messages = ask(rng, instruction, marked)
    if rng.random() < 0.25:
        return in_json(rng, task, messages, rng.choice(["label", "class", "category", "result", "priority"]), answer)
    return Example(task, messages, answer)


def triage(rng: random.Random, apart: bool) -> Example:
    """urgent, normal or ignore."""
    label = rng.choice(list(TRIAGE))
    material = say(rng, rng.choice(TRIAGE[label]), **_slots(rng))
    return _labelled(rng, "triage", say(rng, choose(rng, _TRIAGE, _TRIAGE_APART, apart)), material, label)


def classify(rng: random.Random, apart: bool) -> Example:
    """Other label sets, in any order."""
    labels = rng.choice(list(CLASSES))
    label = rng.choice(labels)
    shown = rng.sample(labels, len(labels))
    listed = rng.choice([", ".join(shown), ", ".join(shown[:-1]) + " or " + shown[-1]])
    instruction = say(rng, choose(rng, _CLASSIFY, _CLASSIFY_APART, apart), labels=listed)
    material = say(rng, rng.choice(CLASSES[labels][label]), **_slots(rng))
    return _labelled(rng, "classify", instruction, material, label)


_STATES = (
    ("open", "closed"),
    ("paid", "unpaid"),
    ("running", "stopped"),
    ("sent", "pending"),
    ("done", "waiting"),
    ("online", "offline"),
    ("full", "empty"),
    ("approved", "rejected"),
)
_YES = (
    "[Answer|Reply] [yes or no|with yes or no|Yes or No][.|:| only.]",
    "[Yes or no|Yes/no|True or not, yes or no][:|?|.]",
    "[Use the text|Use the facts|Read the text] and answer yes or no.",
)
_YES_APART = ("A plain yes or no is enough here.", "Respond using a single word, yes or no.")


def yes_no(rng: random.Random, apart: bool) -> Example:
    """A question that the given text settles: a state of a thing, or whether a list holds it."""
    positive = rng.random() < 0.5
    things = rng.sample(words.NOUNS, rng.randrange(1, 4))
    if rng.random() < 0.65:
        facts, states = [], {}
        for thing in things:
            pair = rng.choice(_STATES)
            states[thing] = pair if rng.random() < 0.5 else pair[::-1]
            facts.append(say(rng, "The <n> is <state>.", n=thing, state=states[thing][0]))
        target = rng.choice(things)
        text = " ".join(facts)
        state = states[target][0 if positive else 1]
        question = say(rng, "Is the <n> <state>?", n=target, state=state)
    else:
        text = say(rng, "[The list has|We have|It contains|Items]: <x>.", x=", ".join(things))
        others = [name for name in words.NOUNS if name not in things]
        target = rng.choice(things if positive else others)
        question = say(rng, "[Does it include|Is there|Does the list have] [a |the |]<n>?", n=target)
    instruction = say(rng, choose(rng, _YES, _YES_APART, apart))
    return Example("yes_no", ask(rng, instruction, f"{text} {question}"), "Yes" if positive else "No")


_LANGUAGE = (
    "[What|Which] language is [this|the text|the following text|this text][ written|] in?[ One word.|]",
    "[Identify|Detect|Name|Give|Tell me] the language[ of the text| of this sentence| of this message|][.|:]",
    "[In which|In what] language is [this|the message|the text] [written|]?",
    "Language of [this|the] [text|sentence|message]?",
)
_LANGUAGE_APART = ("Tell which tongue the writer uses.", "The text below: which language do we have here?")


def language(rng: random.Random, apart: bool) -> Example:
    """The name of a sentence's language, or its two-letter code."""
    name = rng.choice(list(LANGUAGES))
    instruction = say(rng, choose(rng, _LANGUAGE, _LANGUAGE_APART, apart))
    answer = name
    if rng.random() < 0.3:
        answer = LANGUAGES[name]
        instruction += rng.choice(
            [" Answer with the ISO code.", " Give the two-letter code.", " Use the ISO 639-1 code."]
        )
    messages = ask(rng, instruction, sentence(rng, name))
    if rng.random() < 0.2:
        return in_json(rng, "language", messages, rng.choice(["language", "lang"]), answer)
    return Example("language", messages, answer)
