"""What the mask takes away, and what it leaves."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.mask import mask

SAME = [
    ("Summarise my 3 unread mails", "Summarise my 17 unread mails"),
    ("summarise   my\n\tmails ", "Summarise my mails."),
    ("What changed on 2026-11-21?", "What changed on 2027-01-02T10:00:00Z?"),
    ("What changed on Monday, 3 March 2026 at 10:30 AM UTC", "What changed on Tuesday, June 14th, 2027 at 9 pm"),
    ("Review PR #451 of agent-router", "Review PR #7 of agent-router"),
    ("Close ticket ABC-1234 now", "Close ticket XYZ-9 now"),
    ("Open 550e8400-e29b-41d4-a716-446655440000", "Open 6BA7B810-9DAD-11D1-80B4-00C04FD430C8"),
    ("Read src/app/main.py and explain", "Read tests/x.py and explain"),
    ("Read /etc/hosts and explain", r"Read C:\Users\me\a.txt and explain"),
    ("Read ~/a and explain", "Read ../../b/c and explain"),
    ("Fetch https://a.example/x?y=1 for me", "Fetch http://b.example for me"),
    ("Mail ann@example.com about it", "Mail bob@example.org about it"),
    ('Translate "good morning" to French', 'Translate "bye" to French'),
    ("Translate 'good morning' to French", "Translate “bye” to French"),
    ("Explain `a = b` to me", "Explain `c(d)` to me"),
    ("Explain this ```py\na = 1\n``` to me", "Explain this ```\nb\n\nc\n``` to me"),
    ("Add 1, 2 and 3", "Add 5, 6 and 3"),
    ("Compare a/b/c.py d/e/f.py and tell", "Compare a/b/c.py d/e/f.py x/y/z.py and tell"),
    ("总结3封邮件", "总结12封邮件"),
    ("总结2026年11月27日下午3点的邮件", "总结2027年1月2日上午11点的邮件"),
    ("总结周一的邮件", "总结星期五的邮件"),
    ("请把“会议纪要”翻译成英文", "请把「周报」翻译成英文"),
    ("发邮件给ann@example.com告诉她", "发邮件给bob@example.org告诉她"),
    ("11月27日の会議を要約して", "3月2日の会議を要約して"),
    (
        "Resume los correos del 27 de noviembre de 2026, por favor",
        "Resume los correos del 3 de mayo de 2027, por favor",
    ),
    ("Resume los correos del lunes", "Resume los correos del miércoles"),
    (
        "Fasse die Mails vom Montag, 27. November 2026 um 10 Uhr zusammen",
        "Fasse die Mails vom Freitag, 3. März 2027 um 9 Uhr zusammen",
    ),
    ("Übersetze „Guten Tag“ ins Englische", "Übersetze »Bis morgen« ins Englische"),
    ("Traduis « bonjour » en anglais", "Traduis ‹ merci › en anglais"),
    ("Envie na segunda-feira, 3 de março", "Envie na sexta-feira, 12 de abril"),
    ("२७ नवंबर की बैठक का सारांश लिखें", "३ मार्च की बैठक का सारांश लिखें"),
    ("सोमवार की बैठक", "शुक्रवार की बैठक"),
    ("لخص رسائل يوم الاثنين ٢٧ نوفمبر ٢٠٢٦", "لخص رسائل يوم الجمعة ٣ مايو ٢٠٢٧"),
    ("لخّص الرسالة", "لخص الرسالة"),
    ("Add " + "7 " * 40 + "and tell me the sum", "Add 7 and tell me the sum"),
    ("Free on " + "3 March, " * 20 + "or later?", "Free on 3 March, or later?"),
    ("It costs $3.50 more", "It costs $1,200 more"),
]
DIFFERENT = [
    ("Summarise my mails", "Delete my mails"),
    ("Don't tell me it's late", "Don't ask me it's early"),
    ("you may do this", "you can do this"),
    ("read and write", "read or write"),
    ("总结3封邮件", "删除3封邮件"),
    ("请帮我把下面这段话翻译成英文", "请帮我把下面这段话缩写成一句"),
    ("बैठक का सारांश लिखें", "बैठक का शीर्षक लिखें"),
    ("لخص هذه الرسالة", "ترجم هذه الرسالة"),
    ("สรุปอีเมลนี้", "แปลอีเมลนี้"),
    ("Das kostet viel", "Das kostet wenig"),
    ("👍", "👎"),
    ("Is it client/server?", "Is it peer/peer?"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_from_time_to_time_goes(one: str, other: str) -> None:
    assert mask(one, 12) == mask(other, 12)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_asked_stays(one: str, other: str) -> None:
    assert mask(one, 12) != mask(other, 12)


def test_only_so_many_words_count() -> None:
    assert mask("one two three four", 2) == "one two"
    assert mask("word " * 100_000, 12) == " ".join(["word"] * 12)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请帮我把这封邮件翻译成英文：今天天气很好", "请帮 我把 这封 邮件 翻译 成英 文 今天"),
        ("बैठक का सारांश हिन्दी में लिखें।", "बैठक का सारांश हिन्दी में लिखें"),
        ("لخّص الرسائل، من فضلك؟", "لخص الرسائل من فضلك"),
        ("C'est l'été à Orléans", "c est l été à orléans"),
    ],
)
def test_words_of_every_script_are_whole(text: str, masked: str) -> None:
    assert mask(text, 8) == masked


@given(st.text(), st.integers(min_value=0, max_value=10**9))
def test_numbers_and_white_space_never_matter(text: str, number: int) -> None:
    assert mask(f"count {number} of {text}", 12) == mask(f"count  {number + 1}\n of {text}", 12)


@given(st.text())
def test_it_never_fails_and_is_never_empty_for_a_text(text: str) -> None:
    masked = mask(text, 12)
    assert bool(masked) == bool(text.strip())
    assert len(masked.split()) <= max(12, len(text.split()))


@pytest.mark.parametrize(
    "hostile",
    [
        '"',
        "'",
        "'a ",
        "`",
        "```",
        "a",
        "@",
        "a@",
        "1中",
        "1",
        "/",
        "\\",
        "-1-",
        " ",
        "a-",
        "中",
        "1年",
        "周",
        "一",
        "ا",
        "ि",
        "ส",
        "„",
        "‘a",
    ],
)
def test_hostile_text_is_quick(hostile: str) -> None:
    text = hostile * (1_000_000 // len(hostile))
    began = time.perf_counter()
    mask(text, 12)
    assert time.perf_counter() - began < 0.5
