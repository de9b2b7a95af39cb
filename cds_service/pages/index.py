"""What is known of each rule from its cases: its numbers, its doses, the cases. Reads rule_index.json, and no rule."""

from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = Path(__file__).parent / "rule_index.json"
# The order in which a page shows how cases end: what fires first, the most urgent first
ENDINGS: Final = ("critical", "warning", "info", "cannot tell", "not applicable")


class Case(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One case of tests/cases. file: without folder and ending; given: what is on record of the patient, in words."""

    file: str
    name: str
    order: str
    given: tuple[str, ...]
    ending: str


class Indexed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule. numbers: read by itself; behind: by what it asks for; doses: keys of regimens that its cards offer."""

    numbers: tuple[str, ...]
    behind: tuple[str, ...]
    doses: tuple[str, ...]
    contradictions: tuple[str, ...]
    cases: tuple[Case, ...]

    def by_ending(self) -> dict[str, list[Case]]:
        """The cases under each ending that occurs."""
        found = {ending: [case for case in self.cases if case.ending == ending] for ending in ENDINGS}
        return {ending: cases for ending, cases in found.items() if cases}

    @property
    def files(self) -> list[str]:
        """The files of its cases."""
        return list(dict.fromkeys(case.file for case in self.cases))

    @property
    def indicators(self) -> list[str]:
        """What its cards can be, the most urgent first."""
        return [ending for ending in self.by_ending() if ending in ENDINGS[:3]]


def load_index() -> dict[str, Indexed]:
    """By the rule's id. Raises ValueError where the file is not as it was made."""
    return msgspec.json.decode(_FILE.read_bytes(), type=dict[str, Indexed])
