"""A card about orders that are not FHIR R4: what would have been offered stands in its text, and nothing can be chosen
(cards.md 5). Every action that this service makes is R4, and would mix two versions in the client's record."""

from collections.abc import Iterator
from dataclasses import replace

from cds_service.clinical.outcomes import Advice, Saying, Suggestion
from cds_service.hooks.actions import errand_names
from cds_service.hooks.rendering import Rendering
from cds_service.hooks.suggestions import option_label
from fhir_mappings.versions import is_r4_order


def in_words(advice: Advice, rendering: Rendering) -> Advice:
    """The advice as it is, where one of its orders is R4; else with its suggestions as a paragraph."""
    if not advice.suggestions or not _is_of_another_version(advice, rendering):
        return advice
    choices = "; or: ".join(_choice(option, rendering) for option in advice.suggestions)
    paragraph = Saying("offer.in_words", {"choices": choices})
    return replace(advice, suggestions=(), paragraphs=(*advice.paragraphs, paragraph))


def _is_of_another_version(advice: Advice, rendering: Rendering) -> bool:
    drafts = rendering.request.drafts
    about = [is_r4_order(drafts[order.index]) for order in rendering.orders if order.reference in advice.orders]
    return bool(about) and not any(about)


def _choice(option: Suggestion, rendering: Rendering) -> str:
    return ", and order ".join(_parts(option, rendering))


def _parts(option: Suggestion, rendering: Rendering) -> Iterator[str]:
    """The label; then the tests and referrals that ride on the option, where the label does not name them."""
    yield option_label(option, rendering)
    errands = " and ".join(errand_names(option.actions))
    if errands and "names" not in rendering.wording.names(option.say.key):
        yield errands
