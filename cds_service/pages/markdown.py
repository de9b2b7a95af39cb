"""The detail of a card as HTML, as an EHR shows it. Knows Markdown; no card."""

from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

# HTML in the text stays text, and no picture is fetched from anywhere
_RENDERER: Final = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])


def as_html(text: str) -> Markup:
    """Safe to print: everything that is not Markdown is escaped."""
    return Markup(_RENDERER.render(text))  # noqa: S704  # the renderer escapes
