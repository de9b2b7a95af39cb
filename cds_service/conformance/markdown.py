"""What the detail of a card becomes in a browser. Knows GitHub-flavoured Markdown and the HTML that it lets through."""

from html.parser import HTMLParser
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token


class _Lenient(MarkdownIt):
    """The widest reading: a client that lets raw HTML and any address through shows what is in the text."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the name is markdown-it's
        return bool(url)


_READER: Final = _Lenient("commonmark", {"html": True}).enable(["table", "strikethrough"])
_RUN: Final = frozenset(
    {"script", "iframe", "object", "embed", "form", "style", "link", "meta", "base", "svg", "input"}
)
_SAFE_SCHEMES: Final = ("http:", "https:", "mailto:", "#", "/")


class _Tags(HTMLParser):
    """The elements in a piece of raw HTML; `dangerous` names what can run, load or submit something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.dangerous: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        if tag in _RUN:
            self.dangerous.append(f"a {tag} element")
        for name, value in attrs:
            if name.startswith("on"):
                self.dangerous.append(f"an {name} attribute")
            elif name in {"href", "src"} and not (value or "").strip().lower().startswith(_SAFE_SCHEMES):
                self.dangerous.append(f"a {tag} with an address that is not http(s)")


def raw_html(text: str) -> tuple[str, str]:
    """(what is dangerous, what other raw HTML there is) in a Markdown text; "" for none."""
    tags = _Tags()
    for token in _all(_READER.parse(text)):
        if token.type in {"html_block", "html_inline"}:
            tags.feed(token.content)
        address = token.attrs.get("href", token.attrs.get("src", "#"))
        if not str(address).strip().lower().startswith(_SAFE_SCHEMES):
            tags.dangerous.append("a link that is not http(s)")
    tags.close()
    return next(iter(tags.dangerous), ""), next(iter(tags.names), "")


def _all(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *_all(token.children or []))]
