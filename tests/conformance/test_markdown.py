"""What of a detail is dangerous in a browser, what is only raw HTML, and what is plain Markdown."""

import pytest

from cds_service.conformance.markdown import raw_html


@pytest.mark.parametrize(
    "text",
    [
        "**bold** and `<script>` in code, a < b, 5 > 3",
        "| a | b |\n|---|---|\n| 1 | [x](https://guideline.example) |",
        "\\<script\\>alert(1)\\</script\\>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "    <script>as code</script>",
        "<https://guideline.example>",
        "![icon](https://guideline.example/i.png)",
        "~~struck~~ [mail](mailto:a@b.example) [top](#top)",
        "[here](rules/one)",
    ],
)
def test_plain_markdown(text: str) -> None:
    assert raw_html(text) == ("", "")


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("<script>alert(1)</script>", "the element script"),
        ("before <SCRIPT src=//x> after", "the element script"),
        ("<img src=x onerror=alert(1)>", "the attribute onerror"),
        ("<b onclick='x'>y</b>", "the attribute onclick"),
        ("<iframe src='https://x.example'></iframe>", "the element iframe"),
        ("[x](javascript:alert(1))", "an address that is not http(s)"),
        ("![x](data:text/html;base64,AAAA)", "an address that is not http(s)"),
        ("<a href='java\tscript:alert(1)'>x</a>", "an address that is not http(s)"),
        ("<a href='javascript:alert(1)'>x</a>", "an address that is not http(s)"),
        ("| a |\n|---|\n| <svg onload=alert(1)> |", "the element svg"),
    ],
)
def test_what_can_run_is_dangerous(text: str, danger: str) -> None:
    assert raw_html(text)[0] == danger


@pytest.mark.parametrize(("text", "name"), [("a<br>b", "br"), ("<div>\nx\n</div>", "div"), ("<u>x</u>", "u")])
def test_other_html_is_named(text: str, name: str) -> None:
    assert raw_html(text) == ("", name)
