"""Decision -> CDS Hooks cards (cards.md). Knows the protocol and the wording; decides nothing clinical."""

import re
from typing import Final

from cds_service.clinical.outcomes import Advice, Decision, Saying
from cds_service.clinical.topics import Indicator
from cds_service.hooks.clients import Profile
from cds_service.hooks.detail import detail
from cds_service.hooks.in_words import in_words
from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.hooks.rendering import Json, Rendering, identifier
from cds_service.hooks.single_actions import offered, single_actions
from cds_service.hooks.suggestions import suggestions
from cds_service.knowledge.wording import SUMMARY_LIMIT, Wording

_LOCAL: Final = re.compile(r"[A-Za-z]+/[^/\s]+")
CANONICAL: Final = "https://cobalamin-cds.org/fhir"
_INDICATORS = {Indicator.INFO: "info", Indicator.WARNING: "warning", Indicator.CRITICAL: "critical"}


def render(decision: Decision, rendering: Rendering) -> Json:
    """The response object, cards most urgent first."""
    cards = [_card(in_words(advice, rendering), rendering) for advice in decision.advice]
    return response(cards, rendering.request.service.hook, rendering.profile)


def response(cards: list[Json], hook: str, profile: Profile) -> Json:
    """What a hook is answered with. Nothing in it is null or empty but the two lists themselves."""
    return {"cards": cards, "systemActions": []} if hook in profile.system_actions else {"cards": cards}


def _card(advice: Advice, rendering: Rendering) -> Json:
    identity = _identity(advice, rendering)
    source = rendering.library.sources[rendering.wording.source(advice.say.key) or advice.rule.source]
    card: Json = {
        "uuid": identifier(identity),
        "summary": summary(advice.say, rendering.wording),
        "detail": detail(
            advice,
            rendering.library,
            rendering.wording,
            offered(advice, rendering) if rendering.profile.one_action else "",
        ),
        "indicator": _INDICATORS[advice.indicator],
        "source": {
            "label": source.label,
            "url": f"{rendering.base_url}/rules/{advice.rule.id}",
            "topic": {
                "system": f"{CANONICAL}/CodeSystem/topic",
                "code": advice.rule.topic.value,
                "display": advice.rule.title,
            },
        },
    }
    if advice.suggestions:
        split = rendering.profile.one_action
        card["suggestions"] = (single_actions if split else suggestions)(advice, identity, rendering)
        card["selectionBehavior"] = rendering.profile.selection_behavior
    if advice.indicator is not Indicator.INFO:
        card["overrideReasons"] = OVERRIDE_REASONS
    card["extension"] = {"org.cobalamin-cds.trace": _trace(advice, rendering)} | _associated(advice, rendering)
    return card


def _associated(advice: Advice, rendering: Rendering) -> Json:
    """The orders that the card is about, as local references, for clients that link the two."""
    about = [order for order in advice.orders if _LOCAL.fullmatch(order)]
    return dict.fromkeys(rendering.profile.associated, about) if about else {}


def _identity(advice: Advice, rendering: Rendering) -> str:
    """Decision 23: client, hookInstance, service, topic and order ids; never a clinical value."""
    request = rendering.request
    parts = (rendering.client, request.hook_instance, request.service.id, advice.rule.topic.value, *advice.orders)
    return "\x1f".join(parts)


def summary(say: Saying, wording: Wording) -> str:
    """One sentence of at most 139 characters; cut at a word where a client's number is very long."""
    text = wording.part(say, "summary")
    if len(text) <= SUMMARY_LIMIT:
        return text
    return text[: SUMMARY_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _trace(advice: Advice, rendering: Rendering) -> Json:
    """cards.md 7; members without a value are left out, as everywhere in an answer."""
    trace: Json = {"rules": list(advice.trace_rules), "knowledgeVersion": rendering.library.knowledge.version}
    if advice.found:
        trace["inputs"] = [
            {
                name: value
                for name, value in (
                    ("name", found.name),
                    ("value", str(found.value)),
                    ("unit", str(found.unit)),
                    ("date", found.day.isoformat() if found.day is not None else ""),
                    ("reference", found.reference),
                    ("derived", found.derived),
                )
                if value != ""
            }
            for found in advice.found
        ]
    if advice.missing:
        trace["missing"] = list(advice.missing)
    return trace | {"confidence": "partial" if advice.missing else "complete"}
