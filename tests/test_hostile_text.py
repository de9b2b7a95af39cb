"""Words from the client on a card: no HTML, no mark-up and no link comes of them, whatever they hold (cards.md 2)."""

import json
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cds_service.clinical.outcomes import ClientText
from cds_service.hooks.clients import DEFAULT, PROFILES, Profile
from cds_service.knowledge.wording import markdown
from tests.by_profile import answered

HOSTILE = (
    "</p><script>alert(1)</script> [x](javascript:alert(1)) ![i](http://e.example/i.png) https://e.example/a "
    "www.e.example me@e.example <http://e.example> `c` **b** &lt; ~~s~~ | a | # h\n\n> q\n\n- l\n\n    code"
)
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {
    "bullet_list_open",
    "list_item_open",
    "paragraph_open",
    "strong_open",
    "inline",
    "text",
    "code_inline",
    "softbreak",
}


def _poisoned(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _poisoned(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_poisoned(item, name) for item in value]
    return f"{value} {HOSTILE}" if name in {"text", "display"} and isinstance(value, str) else value


def _kinds(tokens: list[Token]) -> set[str]:
    inside = [_kinds(token.children) for token in tokens if token.children]
    return {token.type.replace("_close", "_open") for token in tokens}.union(*inside)


@pytest.mark.parametrize("profile", [DEFAULT, PROFILES["epic"]], ids=lambda profile: profile.name)
def test_no_mark_up_comes_of_the_clients_words(profile: Profile) -> None:
    printed = 0
    for each in answered(profile):
        for card in each.caller.ask(_poisoned(each.request))["cards"]:
            printed += "alert" in card["detail"]
            assert _kinds(RENDERER.parse(card["detail"])) <= OURS, each.name
            assert not any(link in card["detail"] for link in ("://", "www\\.", "www.", "me@")), each.name
            assert "alert" not in card["summary"]
            assert all("alert" not in suggestion["label"] for suggestion in card.get("suggestions", ()))
    assert printed > 20


def test_an_id_that_no_fhir_server_gives_is_escaped_too() -> None:
    each = next(each for each in answered(DEFAULT) if each.name == "cyanocobalamin-renal")
    body = json.dumps(each.request).replace('"id": "draft-1"', '"id": "<b>`x`www.e.example"')
    (card,) = each.caller.ask(body)["cards"]
    assert "www .e.example" in card["detail"].replace("\\", "")
    assert _kinds(RENDERER.parse(card["detail"])) <= OURS


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("see https://e.example/a", "see https: //e\\.example/a"),
        ("WWW.e.example", "WWW \\.e\\.example"),
        ("me@e.example", "me @e\\.example"),
        ("taken 10:30 @ home", "taken 10:30 @ home"),
        ("5.2 <3", "5\\.2 \\<3"),
    ],
)
def test_a_link_is_broken_and_the_words_stay(sent: str, read: str) -> None:
    assert markdown(ClientText(sent)) == read
    assert markdown("our own [words](https://e.example)") == "our own [words](https://e.example)"
