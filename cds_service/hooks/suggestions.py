"""The suggestions of a card, as most clients read them: one for each option, with all of its actions together."""

from cds_service.clinical.outcomes import Advice, Saying, Suggestion
from cds_service.hooks.actions import action_json, errand_names, proposed_texts
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
    return found | {"actions": [action_json(action, rendering) for action in option.actions]}


def option_label(option: Suggestion, rendering: Rendering) -> str:
    """What must hold for this option, and the order or the errands that it leads to."""
    values = dict(option.say.values)
    values["order"] = "; and ".join(proposed_texts(option.actions, rendering))
    values["names"] = " and ".join(errand_names(option.actions))
    return rendering.wording.part(Saying(option.say.key, values), "label")
