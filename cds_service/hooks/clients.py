"""Who calls, and what differs between the CDS Hooks versions and products that call. Knows no token and no HTTP.

One row a profile; a field is one difference that an answer must respect. The row of a client is named in the clients
file; where there is none, what the request shows; else the default, CDS Hooks 2.0.1 (decision 12).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of client can read.

    selection_behavior: the only value sent beside suggestions. delete_names: the member of a delete action that says
    what to remove. one_action: a suggestion holds one action. system_actions: hooks whose answers carry an (empty)
    list of them. versions: discovery states `version` and `hookVersion`. associated: the member of a card's extension
    that lists the orders it is about, or None.
    """

    name: str
    selection_behavior: Literal["at-most-one", "any"] = "at-most-one"
    delete_names: Literal["resourceId", "resource"] = "resourceId"
    one_action: bool = False
    system_actions: frozenset[str] = frozenset()
    versions: bool = False
    associated: str | None = None


DEFAULT: Final = Profile("cds-hooks-2.0")
_EPIC: Final = Profile("epic", selection_behavior="any", one_action=True)
_CRD: Final = Profile("crd", system_actions=frozenset({"order-sign"}), associated="davinci-crd.associated-resource")
PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("cds-hooks-1.0", delete_names="resource"),
        DEFAULT,
        Profile("cds-hooks-3.0", versions=True),
        _CRD,
        _EPIC,
    )
}

# Members of a request's `extension` that only one product writes.
_SHOWN: Final = (("com.epic.cdshooks.", _EPIC), ("davinci-crd.", _CRD))


def profile_shown(extension: Iterable[str]) -> Profile | None:
    """The profile that the names in a request's `extension` give away, or None."""
    names = tuple(extension)
    return next((profile for start, profile in _SHOWN if any(name.startswith(start) for name in names)), None)


@dataclass(frozen=True, slots=True)
class Client:
    """One caller. profile None: not stated, so the request may show it. shadow: evaluated, answered with no cards."""

    name: str = ""
    profile: Profile | None = None
    shadow: bool = False
    store_comments: bool = False


# Where there is no clients file, everybody is nobody in particular.
ANYBODY: Final = Client()
