"""A card about orders that are not FHIR R4: what would have been offered stands in its text, and nothing can be chosen
(cards.md 5). Every action that this service makes is R4, and would mix two versions in the client's record. The text
says as much as the suggestions would: which draft becomes what, dose and times, with which tests and advice."""

from collections.abc import Iterator
from dataclasses import replace

from cds_service.clinical.outcomes import Advice, ChangeOrder, CreateOrder, DeleteOrder, Saying, Suggestion
from cds_service.clinical.words import drafted, drug_of
from cds_service.hooks.actions import errand_names, target_order
from cds_service.hooks.rendering import Rendering
from cds_service.hooks.suggestions import option_label
from fhir_mappings.versions import is_r4_order


def in_words(advice: Advice, rendering: Rendering) -> Advice:
    """The advice as it is, where it is about R4 orders; else with its suggestions as a paragraph."""
    if not advice.suggestions or not _is_of_another_version(advice, rendering):
        return advice
    choices = "; or: ".join(_choice(option, rendering) for option in advice.suggestions)
    paragraph = Saying("offer.in_words", {"choices": choices})
    return replace(advice, suggestions=(), paragraphs=(*advice.paragraphs, paragraph))


def _is_of_another_version(advice: Advice, rendering: Rendering) -> bool:
    """Is none of its orders R4, or would an action touch one that is not?"""
    about = {order.index for order in rendering.orders if order.reference in advice.orders}
    actions = [action for option in advice.suggestions for action in option.actions]
    touched = {action.index for action in actions if isinstance(action, ChangeOrder | DeleteOrder)}
    others = {index for index in about | touched if not is_r4_order(rendering.request.drafts[index])}
    return bool(touched & others) or (bool(about) and about <= others)


def _choice(option: Suggestion, rendering: Rendering) -> str:
    return ", and order ".join(_parts(option, rendering))


def _parts(option: Suggestion, rendering: Rendering) -> Iterator[str]:
    """The label; then the tests and referrals that ride on the option, where the label does not name them."""
    yield _said(option, rendering)
    errands = " and ".join(errand_names(option.actions))
    if errands and "names" not in rendering.wording.names(option.say.key):
        yield errands


def _said(option: Suggestion, rendering: Rendering) -> str:
    """The label; of a change also which draft it is that changes, since no action shows it."""
    dosing = [action for action in option.actions if isinstance(action, ChangeOrder | CreateOrder | DeleteOrder)]
    changes = [action for action in dosing if isinstance(action, ChangeOrder)]
    if not changes or len(changes) < len(dosing):
        return option_label(option, rendering)
    name = drafted if len(changes) > 1 else drug_of
    said = (
        rendering.words(
            "alone.change",
            "label",
            condition=option.say.values.get("condition", "") if place == 0 else "",
            drug=name(rendering.order_at(change.index)),
            order=target_order(change, rendering),
        )
        for place, change in enumerate(changes)
    )
    return "; and ".join(said)
