"""What is on a page: for tests."""

from __future__ import annotations

from html.parser import HTMLParser


class PageText(HTMLParser):
    """What a reader sees, the tags, every address in an attribute, and the forms with their hidden fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.addresses, self.inline = "", list[str](), list[str](), 0
        self.tokens: dict[str, str] = {}  # by the address of the form
        self.fields: dict[str, str] = {}  # hidden ones
        self._action = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        for name in given:
            self.inline += name == "style" or name.startswith("on")
        self.addresses += [given[name] for name in ("href", "src", "action", "srcset", "data-href") if name in given]
        if tag == "form":
            self._action = given.get("action", "")
        if given.get("name") == "token":
            self.tokens[self._action] = given["value"]
        elif given.get("type") == "hidden":
            self.fields[given["name"]] = given["value"]

    def handle_data(self, data: str) -> None:
        self.text += data
