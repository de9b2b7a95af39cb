"""The suggestions of a card, as most clients read them: one for each option, with all of its actions together."""

from collections.abc import Iterable

from cds_service.clinical.outcomes import Action, Advice, ChangeOrder, DeleteOrder, Saying, Suggestion
from cds_service.clinical.words import drafted
from cds_service.hooks.actions import action_json, errand_names, proposed_texts, target_order
from cds_service.hooks.rendering import Json, Rendering, identifier


def suggestions(advice: Advice, identity: str, rendering: Rendering) -> list[Json]:
    """One for each option, in their order."""
    return [_suggestion(option, place, identity, rendering) for place, option in enumerate(advice.suggestions)]


def _suggestion(option: Suggestion, place: int, identity: str, rendering: Rendering) -> Json:
    found: Json = {
        "label": option_label(option, rendering),
        "uuid": identifier(identity, "suggestion", str(place)),
    }
    if option.recommended:
        found["isRecommended"] = True
    touched = [action for action in option.actions if isinstance(action, ChangeOrder | DeleteOrder)]
    said = _of_which(touched, rendering) if len(touched) > 1 else {}
    return found | {"actions": [action_json(action, rendering, said.get(action)) for action in option.actions]}


def _of_which(touched: Iterable[ChangeOrder | DeleteOrder], rendering: Rendering) -> dict[Action, str]:
    """What is done to which draft, where an option does something to several."""
    said: dict[Action, str] = {}
    for action in touched:
        drug = drafted(rendering.order_at(action.index))
        if isinstance(action, ChangeOrder):
            order = target_order(action, rendering)
            said[action] = rendering.words("alone.change", "label", condition="", drug=drug, order=order)
        else:
            said[action] = rendering.words("alone.remove", "label", drug=drug)
    return said


def option_label(option: Suggestion, rendering: Rendering) -> str:
    """What must hold for this option, and the order or the errands that it leads to."""
    values = dict(option.say.values)
    values["order"] = "; and ".join(proposed_texts(option.actions, rendering))
    values["names"] = " and ".join(errand_names(option.actions))
    return rendering.wording.part(Saying(option.say.key, values), "label")
