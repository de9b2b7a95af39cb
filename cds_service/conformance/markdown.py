"""What the detail of a card becomes in a browser. Knows GitHub-flavoured Markdown and the HTML that it lets through."""

import re
from html.parser import HTMLParser
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_RUN: Final = frozenset(
    {"script", "iframe", "object", "embed", "form", "style", "link", "meta", "base", "svg", "input"}
)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_IGNORED: Final = re.compile(r"[\x00-\x20]")  # browsers read a scheme over these


class _Lenient(MarkdownIt):
    """The widest reading: a client that lets raw HTML and any address through shows what is in the text."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the name is markdown-it's
        return bool(url)


_READER: Final = _Lenient("commonmark", {"html": True}).enable(["table", "strikethrough"])


class _Tags(HTMLParser):
    """The elements in a piece of raw HTML; `dangerous` names what can run, load or submit something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.dangerous: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        if tag in _RUN:
            self.dangerous.append(f"the element {tag}")
        for name, value in attrs:
            if name.startswith("on"):
                self.dangerous.append(f"the attribute {name}")
            elif name in {"href", "src"} and _runs(value or ""):
                self.dangerous.append("an address that is not http(s)")


def raw_html(text: str) -> tuple[str, str]:
    """(what is dangerous, what other raw HTML there is) in a Markdown text; "" for none."""
    tags = _Tags()
    for token in _all(_READER.parse(text)):
        if token.type in {"html_block", "html_inline"}:
            tags.feed(token.content)
        if _runs(str(token.attrs.get("href", token.attrs.get("src", "")))):
            tags.dangerous.append("an address that is not http(s)")
    tags.close()
    return next(iter(tags.dangerous), ""), next(iter(tags.names), "")


def _runs(address: str) -> bool:
    """Has it a scheme of its own, other than those that only open a page?"""
    scheme = _SCHEME.match(_IGNORED.sub("", address))
    return scheme is not None and scheme.group(1).lower() not in _SAFE_SCHEMES


def _all(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *_all(token.children or []))]
