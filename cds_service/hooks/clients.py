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
    what to remove, as "Type/id". one_action: a suggestion holds one action, and of both only the action's description
    is shown. by_hand: a draft is perhaps not changed, and an order that is added gets the product's own default dose
    and timing, so that a person must put in what was sent. rxnorm_oid: RxNorm is looked for under its OID.
    system_actions: hooks whose answers carry an (empty) list of them. versions: discovery states `version` and
    `hookVersion`. associated: the members of a card's extension that list the orders it is about.
    """

    name: str
    selection_behavior: Literal["at-most-one", "any"] = "at-most-one"
    delete_names: Literal["resourceId", "resource"] = "resourceId"
    one_action: bool = False
    by_hand: bool = False
    rxnorm_oid: bool = False
    system_actions: frozenset[str] = frozenset()
    versions: bool = False
    associated: tuple[str, ...] = ()


DEFAULT: Final = Profile("cds-hooks-2.0")
# 1.0 had no resourceId: its only example of a delete gives the reference as the text of `resource`.
_FIRST: Final = Profile("cds-hooks-1.0", delete_names="resource")
_BALLOT: Final = Profile("cds-hooks-3.0", versions=True)
# Epic's documentation of CDS Hooks: suggestion and action attributes, code sets for Create.
_EPIC: Final = Profile("epic", selection_behavior="any", one_action=True, by_hand=True, rxnorm_oid=True)
# Inferno wants systemActions at order-sign even when there are none. The card's member was renamed in CRD 2.2:
# both names are sent, since no request says for certain which of the two guides its client follows.
_CRD: Final = Profile(
    "crd",
    system_actions=frozenset({"order-sign"}),
    associated=("davinci-associated-resource", "davinci-crd.associated-resource"),
)
PROFILES: Final = {profile.name: profile for profile in (_FIRST, DEFAULT, _BALLOT, _CRD, _EPIC)}

# Members of a request's `extension` that only one product writes. Epic may follow CRD as well, and stays Epic.
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

    def answered_as(self, shown: Profile | None = None) -> Profile:
        """The profile to answer in: the one stated stands above the one that the request shows."""
        return self.profile or shown or DEFAULT


# Where there is no clients file, everybody is nobody in particular.
ANYBODY: Final = Client()
