"""The whole table of attacks on the door, with what must come in, as scenes that are played by name."""

from collections.abc import Collection

from tests.attacks.good import GOOD
from tests.attacks.mutants import Endings
from tests.attacks.on_claims import ON_CLAIMS
from tests.attacks.on_form import ON_FORM
from tests.attacks.on_keys import ON_KEYS
from tests.attacks.on_replay import ON_REPLAY
from tests.attacks.stage import stage

ATTACKS = (*ON_FORM, *ON_KEYS, *ON_CLAIMS, *ON_REPLAY)
SCENES = {scene.name: scene for scene in (*ATTACKS, *GOOD)}
EXPECTED: Endings = {attack.name: attack.reason for attack in ATTACKS} | {good.name: "let in" for good in GOOD}


def play(names: Collection[str]) -> Endings:
    """How each of these ends at a service that has seen no call yet: let in, the reason in the log, another status."""
    with stage() as service:
        return {name: service.play(SCENES[name]).ending for name in names}
