"""Names, places, things and strings that fill the generated examples. No third-party text: lists and syllables."""

from __future__ import annotations

import random
import re

FIRST = (
    "Anna Ben Carla David Elena Farid Grace Hugo Ines Jonas Kira Liam Maria Noor Omar Paula Quinn Rosa Samir Tom "
    "Uma Victor Wen Yuki Zoe Lena Marco Priya Ahmed Sofia Peter Julia Max Nina Oscar Leila Ivan Chloe Diego Emma"
).split()
LAST = (
    "Smith Garcia Novak Weber Rossi Tanaka Khan Silva Jensen Müller Dubois Okafor Haddad Larsen Costa Petrov Kim "
    "Nguyen Brown Fischer Moreau Walker Santos Lindholm Kowalski Adams Reyes Bauer Chen Singh Young Moretti"
).split()
CITIES = (
    "Paris Berlin Lyon Madrid Oslo Tokyo Boston Lagos Lima Cairo Dublin Vienna Prague Porto Seoul Denver Turin Ghent "
    "Basel Bergen Austin Delhi Quito Tunis Milan Rome London Toronto Helsinki Warsaw Zurich Nairobi"
).split()
PRODUCTS = (
    "desk lamp|office chair|coffee grinder|laptop stand|wireless mouse|water bottle|phone case|travel bag|steel pan|"
    "garden hose|bike helmet|tent|camera|keyboard|monitor|notebook|printer|backpack|toaster|headphones|router|heater"
).split("|")
SERVICES = (
    "api web-server database mail-queue billing search login cache backup scheduler proxy storage dashboard worker "
    "gateway payments indexer crawler registry webhook"
).split()
NOUNS = (
    "parser client server cache config loader logger router session token queue index report export import upload "
    "download search filter button form table page menu chart test build script schema field header cookie retry "
    "timeout limit batch worker thread lock hook plugin theme email invoice order user account password profile "
    "ticket task note event calendar backup image video file folder column query migration release"
).split()
VERBS = "get set list find create update delete send read write check start stop open close book add move copy".split()
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_SYLLABLES = (
    "ba be bo da de do fa fi ga go ha he jo ka ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se "
    "si so ta te ti to va ve vi wa za zo an en in on ar er or al el ol as es os um us th st ch sh qu ex ly ton ber"
).split()
_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")


def say(rng: random.Random, text: str, **slots: object) -> str:
    """Expand `[one|other|]` alternatives, innermost first, then fill `<slot>` names."""
    while True:
        text, changed = _ALTERNATIVES.subn(lambda found: rng.choice(found[1].split("|")), text)
        if not changed:
            break
    for name, value in slots.items():
        text = text.replace(f"<{name}>", str(value))
    return text


def word(rng: random.Random, syllables: int = 0) -> str:
    """An invented lower-case word."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(syllables or rng.choice((2, 2, 3))))


def noun(rng: random.Random) -> str:
    """A known noun, or one time in five an invented word, so that copying does not lean on the list."""
    return word(rng) if rng.random() < 0.2 else rng.choice(NOUNS)


def first_name(rng: random.Random) -> str:
    """A given name, half of them invented."""
    return rng.choice(FIRST) if rng.random() < 0.5 else word(rng).capitalize()


def person(rng: random.Random) -> str:
    """A given name and a family name, half of each invented."""
    return f"{first_name(rng)} {rng.choice(LAST) if rng.random() < 0.5 else word(rng).capitalize()}"


def city(rng: random.Random) -> str:
    """A city, one in three invented."""
    return rng.choice(CITIES) if rng.random() < 0.66 else word(rng, 3).capitalize()


def company(rng: random.Random) -> str:
    """A company's name, mostly invented."""
    suffix = rng.choice(["", "", " Ltd", " GmbH", " Inc", " Labs", " Foods", " Systems", " AG"])
    return word(rng).capitalize() + suffix


def email(rng: random.Random) -> str:
    """An address under a reserved-looking invented domain."""
    local = rng.choice([word(rng), f"{word(rng)}.{word(rng)}", f"{word(rng, 2)}{rng.randrange(100)}"])
    local = rng.choice(FIRST).lower() if rng.random() < 0.3 else local
    return f"{local}@{rng.choice(['example', word(rng), word(rng)])}.{rng.choice(['com', 'org', 'net', 'io', 'de'])}"


def date(rng: random.Random) -> str:
    """A day in one of five common spellings."""
    year, month, day = rng.randrange(2019, 2031), rng.randrange(1, 13), rng.randrange(1, 29)
    return rng.choice(
        [
            f"{year}-{month:02}-{day:02}",
            f"{year}-{month:02}-{day:02}",
            f"{day} {MONTHS[month - 1]} {year}",
            f"{MONTHS[month - 1]} {day}",
            f"{day:02}.{month:02}.{year}",
        ]
    )


def clock(rng: random.Random) -> str:
    """A time of day as HH:MM."""
    return f"{rng.randrange(24):02}:{rng.choice([0, 0, 15, 30, 45, rng.randrange(60)]):02}"


def whole(rng: random.Random) -> int:
    """A whole number of one to four digits."""
    return rng.randrange(1, 10 ** rng.randrange(1, 5))


def money(rng: random.Random) -> float:
    """An amount with up to two decimals, as JSON would write it."""
    return whole(rng) + rng.choice([0.5, 0.25, 0.99, round(rng.randrange(1, 100) / 100, 2)])


def code(rng: random.Random) -> str:
    """An identifier such as an order or ticket number."""
    letters = "".join(rng.choice("ABCDEFGHIKLMNOPRSTUVWXZ") for _ in range(rng.choice((1, 2, 2, 3))))
    return f"{letters}{rng.choice(['-', '-', '', '#'])}{rng.randrange(10, 10 ** rng.randrange(2, 6) + 10)}"


def phone(rng: random.Random) -> str:
    """A phone number."""
    return f"+{rng.randrange(1, 99)} {rng.randrange(10, 999)} {rng.randrange(1000, 9999999)}"


def path(rng: random.Random) -> str:
    """A file's path."""
    folder = rng.choice(["", "", "src/", "docs/", "lib/", "app/", f"{word(rng)}/"])
    return f"{folder}{noun(rng)}{rng.choice(['', '', '_' + noun(rng)])}.{rng.choice(['py', 'md', 'txt', 'js', 'toml'])}"
