"""The suggestions of a card for a client that takes one action each and lets any number of them be chosen.

An option of several actions falls apart into as many suggestions; an action of several options is offered once. What
an option says as a whole (its condition, what belongs together, that only one is to be chosen) moves into the words
of its parts, and stands in full in the card's detail.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cds_service.clinical.outcomes import (
    Action,
    Advice,
    ChangeOrder,
    ClientText,
    CreateOrder,
    DeleteOrder,
    OrderTest,
    Refer,
    Saying,
    Suggestion,
)
from cds_service.clinical.words import drafted, drug_of
from cds_service.hooks.actions import action_json, errand_names, target_order
from cds_service.hooks.rendering import Json, Rendering, identifier
from cds_service.hooks.suggestions import option_label

# What an option that takes a draft away says of it.
_REMOVALS = {
    "suggestion.delete": "alone.remove",
    "suggestion.delete_and_ask": "alone.remove",
    "suggestion.leave_out": "alone.leave_out",
    "suggestion.leave_out_and_ask": "alone.leave_out",
    "suggestion.add_and_hold": "alone.hold",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """An action, the place of its first mention, and the options that hold it."""

    action: Action
    place: tuple[int, int]
    options: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class _Split:
    """The options of one card, fallen apart."""

    options: tuple[Suggestion, ...]
    rendering: Rendering
    parts: tuple[_Part, ...]

    def label(self, part: _Part) -> str:
        """What this action does, that it has alternatives, and what it must not be done without."""
        own, words = self._own(part), self.rendering.words
        if isinstance(part.action, ChangeOrder | CreateOrder):
            same = sum(_target(other.action) == _target(part.action) for other in self.parts)
            return words("alone.one_of", "label", suggestion=own, count=str(same)) if same > 1 else own
        if len(part.options) == len(self.options):
            return own
        condition = _condition(part)
        said = words("alone.only_if", "label", condition=condition, suggestion=own) if condition else own
        if condition and isinstance(part.action, OrderTest | Refer):
            return said  # right wherever the condition holds, also for who changes the draft by hand
        others = dict.fromkeys(self._company(part, option) for option in part.options)
        other = " or ".join(filter(None, others))
        return words("alone.only_with", "label", suggestion=said, other=other) if other else said

    def _own(self, part: _Part) -> str:
        action, rendering = part.action, self.rendering
        match action:
            case ChangeOrder(index):
                values = {"drug": self._drug(index), "order": target_order(action, rendering)}
                return rendering.words("alone.change", "label", condition=_condition(part), **values)
            case CreateOrder():
                order = target_order(action, rendering)
                return rendering.words("alone.add", "label", condition=_condition(part), order=order)
            case DeleteOrder(index):
                return rendering.words(_REMOVALS[part.options[0].say.key], "label", drug=self._drug(index))
            case OrderTest() | Refer():
                return rendering.words("alone.ask", "label", names=_names([action]))

    def _drug(self, index: int) -> str:
        """The name of the drug; where the card touches several drafts, what was drafted as well."""
        order = self.rendering.order_at(index)
        touched = {part.action.index for part in self.parts if isinstance(part.action, ChangeOrder | DeleteOrder)}
        return drafted(order) if len(touched) > 1 else drug_of(order)

    def _company(self, part: _Part, option: Suggestion) -> str:
        """The dosing of the option beside which this action was meant; beside a removal, else what is asked for."""
        doses = [action for action in option.actions if isinstance(action, ChangeOrder | CreateOrder)]
        if doses:
            said = option if not _condition(part) else replace(option, say=Saying(option.say.key))
            return "; and ".join(self._own(_Part(action, part.place, (said,))) for action in doses)
        names = _names(option.actions) if isinstance(part.action, DeleteOrder) else ""
        return self.rendering.words("alone.ask", "label", names=names) if names else ""


def single_actions(advice: Advice, identity: str, rendering: Rendering) -> list[Json]:
    """One suggestion for each different action, in the order of the options."""
    split = _Split(advice.suggestions, rendering, _parts(advice.suggestions))
    return [_suggestion(part, split, identity) for part in split.parts]


def _parts(options: tuple[Suggestion, ...]) -> tuple[_Part, ...]:
    first: dict[Action, tuple[int, int]] = {}
    for number, option in enumerate(options):
        for place, action in enumerate(option.actions):
            first.setdefault(action, (number, place))
    return tuple(
        _Part(action, place, tuple(option for option in options if action in option.actions))
        for action, place in first.items()
    )


def _suggestion(part: _Part, split: _Split, identity: str) -> Json:
    label = split.label(part)
    found: Json = {"label": label, "uuid": identifier(identity, "suggestion", *map(str, part.place))}
    if any(option.recommended for option in part.options) and not _by_hand(part.action, split.rendering):
        found["isRecommended"] = True
    return found | {"actions": [action_json(part.action, split.rendering, label)]}


def _by_hand(action: Action, rendering: Rendering) -> bool:
    """An order that the client may leave unchanged, or give a dose of its own, is never ticked for the clinician."""
    return rendering.profile.by_hand and isinstance(action, ChangeOrder | CreateOrder)


def _target(action: Action) -> object:
    """The order that the action would settle: of two with the same target, one may be done."""
    match action:
        case ChangeOrder(index):
            return index
        case CreateOrder():
            return CreateOrder
        case _:
            return action


def _condition(part: _Part) -> str:
    """What must hold for every option that holds this action."""
    conditions = {option.say.values.get("condition", "") for option in part.options}
    return conditions.pop() if len(conditions) == 1 else ""


def _names(actions: Iterable[Action]) -> str:
    return " and ".join(errand_names(actions))


def offered(advice: Advice, rendering: Rendering) -> str:
    """The options in full, in Markdown, for the detail of the card; empty where only tests or advice are asked for."""
    options = advice.suggestions
    if all(isinstance(action, OrderTest | Refer) for option in options for action in option.actions):
        return ""
    key = "alone.offered_one_of" if len(options) > 1 else "alone.offered"
    paragraphs = [
        rendering.words(key, "text"),
        "\n".join(f"- {_in_full(option, rendering)}" for option in options),
    ]
    if rendering.profile.by_hand and any(_doses(option) for option in options):
        paragraphs.append(rendering.words("alone.by_hand", "text"))
    return "\n\n".join(paragraphs)


def _doses(option: Suggestion) -> bool:
    return any(isinstance(action, ChangeOrder | CreateOrder) for action in option.actions)


def _in_full(option: Suggestion, rendering: Rendering) -> str:
    label, names = ClientText(option_label(option, rendering)), _names(option.actions)
    if names and _doses(option):
        return rendering.words("alone.option_with", "text", option=label, names=names)
    return rendering.words("alone.option", "text", option=label)
