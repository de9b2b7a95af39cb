"""What the tester expects of answers meant for one kind of client. Knows versions and products, and no answer.

These are the same names as in a clients file, judged from outside: nothing here is read from the service's own table.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of client reads, and how it calls.

    selection: the values of selectionBehavior. delete_name: the member that says what to delete. one_action: a
    suggestion holds one action. system_actions: hooks whose answer carries the list, even empty; elsewhere an empty one
    is left out. versions: discovery states version and hookVersion. tokens_below_root: a prefetch token may be a path.
    user_tokens: the four tokens of the user are known. action_selection: actionSelectionBehavior is known.
    associated: a card lists the orders that it is about in its extension. replaced: beside a delete stands the create
    of another. extension: what this product writes in its calls, by which a service may know it.
    """

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
    extension: tuple[tuple[str, str], ...] = ()


DEFAULT: Final = "cds-hooks-2.0"
_CRD: Final = (("davinci-crd.requestedVersion", "2.0"),)
_EPIC: Final = (
    ("com.epic.cdshooks.request.cds-hooks-specification-version", "1.1"),
    ("com.epic.cdshooks.request.fhir-version", "http://hl7.org/fhir/R4"),
)
PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("cds-hooks-1.0", selection=frozenset({"at-most-one"}), delete_name="resource", user_tokens=False),
        Profile(DEFAULT),
        Profile("cds-hooks-3.0", versions=True, tokens_below_root=True, action_selection=True),
        Profile("crd", system_actions=frozenset({"order-sign"}), associated=True, replaced=True, extension=_CRD),
        Profile("epic", selection=frozenset({"any"}), one_action=True, extension=_EPIC),
    )
}
