"""A text without what differs from one time to the next: numbers, dates, ids, paths, quotations, code.

Words are told apart in every script: those that put no spaces between words are cut into pairs of characters from the
beginning of each run, because two characters say about as much as a word.
"""

from __future__ import annotations

import re

from agent_router.routing.calendar_words import CONNECTORS, DATE_WORDS, DAYS

MASK = "_"
_READ = 768  # characters, and
_WORDS = 96  # words, of which the first tokens are made

# Every alternative is bounded or anchored, so that no input makes them slow.
_PLAIN_QUOTES = r"\"[^\"\n]{0,400}\"|`[^`\n]{1,400}`|(?<!\w)'[^'\n]{1,400}'(?!\w)"
_QUOTED_ASCII = re.compile(_PLAIN_QUOTES)
_QUOTED = re.compile(
    r"“[^”\n]{0,400}”|«[^»\n]{0,400}»|„[^“”\n]{0,400}[“”]|»[^«\n]{0,400}«|‹[^›\n]{0,400}›|‚[^‘’\n]{0,400}[‘’]"
    r"|‘[^’\n]{0,400}’(?!\w)|「[^」\n]{0,400}」|『[^』\n]{0,400}』|《[^》\n]{0,400}》|＂[^＂\n]{0,400}＂|"
    + _PLAIN_QUOTES
)
_WITH_DIGIT = re.compile(r"(?<![a-z0-9_.,:%#$€£¥₹-])[a-z_.,:%#$€£¥₹-]*\d[a-z\d_.,:%-]*")
_DIGIT = re.compile(r"\d")
# Han, kana, Thai, Lao, Myanmar and Khmer, with their marks but without their punctuation and digits.
_UNSPACED = "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED += "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3"
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_RUN = re.compile(f"[{_UNSPACED}]")
# A dependent mark is part of its word: Python's \w leaves it out. Latin, Arabic and the scripts of India.
_TOKEN = re.compile(
    r"[\w\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0971-\u0dff\u200c\u200d]+"
)
_MARKS = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670]")  # optional in Arabic
# 2026年11月27日下午3点, 星期三, 十一月三日: numbers with what they count, and days.
_HAN_DATE = re.compile(
    r"(?:(?:上午|下午|晚上|早上|中午|凌晨|午前|午後)?(?:\d{1,4}\s?(?:年|月|日|号|號|点|點|时|時|分钟|分|秒|半)"
    r"|[一二三四五六七八九十〇零廿]{1,4}(?:年|月|日|号|號))){1,6}"
    r"|(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]|[月火水木金土日]曜日?"
)


def mask(text: str, tokens: int) -> str:
    """The first `tokens` words of a text, lower case, each run of what is masked as one `_`; no punctuation."""
    read = f" {MASK} ".join(text.split("```")[::2]) if "```" in text else text
    read = read[:_READ].lower()
    read = (_QUOTED_ASCII if read.isascii() else _QUOTED).sub(f" {MASK} ", read)
    found: list[str] = []
    lasting = 0  # words that no mask takes away
    for word in read.split(None, _WORDS)[:_WORDS]:
        if lasting > tokens:
            break  # what follows cannot change the first tokens any more
        if word.isascii():
            if not word.isalpha() or word in DAYS:
                found += _tokens(word)
            else:
                found.append(word)  # most words
                if word not in DATE_WORDS and word not in CONNECTORS:
                    lasting += 1
        else:
            pieces = _pieces(word)
            found += pieces
            lasting += sum(piece not in DATE_WORDS and piece not in CONNECTORS and piece != MASK for piece in pieces)
    masked = " ".join(_dates_masked(found)[:tokens])
    return masked or text.strip()[:64]


def is_unspaced(token: str) -> bool:
    """Whether a token is of a script that puts no spaces between words."""
    return not token.isascii() and _RUN.match(token) is not None


def _pieces(word: str) -> list[str]:
    """The tokens of a word that is not plain ASCII, which may be a whole sentence of a script without spaces."""
    if not _RUN.search(word):
        return _tokens(_MARKS.sub("", word))
    found: list[str] = []
    for run in _RUNS.findall(_HAN_DATE.sub(f" {MASK} ", word)):
        if _RUN.match(run):
            found += [run[i : i + 2] for i in range(0, len(run), 2)]
        else:
            for part in run.split():
                found += _tokens(part)
    return found


def _tokens(word: str) -> list[str]:
    if word in DAYS or _is_place(word) or word.rstrip(".,;:!?،؛؟।") in DAYS:
        return [MASK]
    if _DIGIT.search(word):
        word = _WITH_DIGIT.sub(f" {MASK} ", word)
    return _TOKEN.findall(word)


def _is_place(word: str) -> bool:
    """Whether a word is a path or an address."""
    if "@" in word or "\\" in word or "://" in word:
        return True
    slashes = word.count("/")
    return slashes > 1 or (slashes == 1 and ("." in word.rstrip(".,;:!?)") or word.lstrip("(\"'")[:1] in "/~"))


def _dates_masked(words: list[str]) -> list[str]:
    """Runs of masks as one, with the words of a date or a time that stand in or beside them."""
    made: list[str] = []
    dated = False  # whether a word of a date has just been masked
    for i, word in enumerate(words):
        after = bool(made) and made[-1] == MASK
        if word == MASK or word in DAYS:
            dated = dated and after
        elif word in DATE_WORDS and (after or _masked_follows(words, i) or _after_connector(made)):
            if not after and _after_connector(made):  # 27 de noviembre
                made.pop()
                after = True
            dated = True
        elif word in CONNECTORS and after and dated and _masked_follows(words, i):  # noviembre de 2026
            continue
        else:
            made.append(word)
            continue
        if not after:
            made.append(MASK)
    return made


def _masked_follows(words: list[str], i: int) -> bool:
    following = words[i + 1 : i + 3]
    return bool(following) and (
        following[0] == MASK or (len(following) > 1 and following[0] in CONNECTORS and following[1] == MASK)
    )


def _after_connector(made: list[str]) -> bool:
    return len(made) > 1 and made[-1] in CONNECTORS and made[-2] == MASK
