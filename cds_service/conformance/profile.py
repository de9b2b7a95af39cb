"""What the tester expects of answers meant for one kind of client. Knows versions and products, and no answer.

These are the same names as in a clients file, judged from outside: nothing here is read from the service's own table.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """selection: the values of selectionBehavior that this client reads. delete_names: the member that names what to
    delete; `deprecated_delete` is tolerated with a warning. one_action: a suggestion holds one action. system_actions:
    hooks whose answer must carry the list, even empty; elsewhere an empty list is left out. versions: discovery states
    version and hookVersion. tokens_below_root: a prefetch token may be a path. action_selection: the member
    actionSelectionBehavior is known. associated: the card lists the orders that it is about in its extension.
    replaced: with the delete of an order stands the create of another."""

    name: str
    selection: frozenset[str] = frozenset({"at-most-one", "any"})
    delete_name: str = "resourceId"
    one_action: bool = False
    system_actions: frozenset[str] = frozenset()
    versions: bool = False
    tokens_below_root: bool = False
    user_tokens: bool = True
    action_selection: bool = False
    associated: bool = False
    replaced: bool = False


DEFAULT: Final = "cds-hooks-2.0"
PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("cds-hooks-1.0", selection=frozenset({"at-most-one"}), delete_name="resource", user_tokens=False),
        Profile(DEFAULT),
        Profile("cds-hooks-3.0", versions=True, tokens_below_root=True, action_selection=True),
        Profile("crd", system_actions=frozenset({"order-sign"}), associated=True, replaced=True),
        Profile("epic", selection=frozenset({"any"}), one_action=True),
    )
}
