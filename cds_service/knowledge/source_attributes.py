"""Reads source_attributes.toml, strictly: the 13 source attributes, their answers. Knows no rule and no page."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "source_attributes.toml"
# In the order of the regulation. The first four ask for a text, the others for a use.
_TEXTS = ("citation", "developer", "funding", "dates")
_USES = (
    "race",
    "ethnicity",
    "language",
    "sexual_orientation",
    "gender_identity",
    "sex",
    "dob",
    "sdoh",
    "health_status",
)


@dataclass(frozen=True, slots=True)
class SourceAttribute:
    """id: OpenEMR's option id. used None: the attribute does not ask for a use."""

    id: str
    attribute: str
    answer: str
    used: bool | None = None

    @property
    def words(self) -> str:
        """The answer with the use before it, as one text."""
        if self.used is None:
            return self.answer
        return f"{'Used' if self.used else 'Not used'}. {self.answer}"


def load_source_attributes(file: Path = _FILE) -> tuple[SourceAttribute, ...]:
    """All 13 in order. Raises ValueError with the place of a row, key or text that is not as it must be."""
    with file.open("rb") as opened:
        content = tomllib.load(opened)
    wanted = [f"evidence_based_{name}" for name in (*_TEXTS, *_USES)]
    if list(content) != wanted:
        raise ValueError(f"{file.name}: the rows are {wanted}, in this order")
    return tuple(_attribute(file, name, row) for name, row in content.items())


def _attribute(file: Path, name: str, row: object) -> SourceAttribute:
    where = f"{file.name} [{name}]"
    kinds: dict[str, type] = {"attribute": str, "answer": str}
    if name.removeprefix("evidence_based_") in _USES:
        kinds["used"] = bool
    if not isinstance(row, dict) or row.keys() != kinds.keys():
        raise ValueError(f"{where}: the keys are {sorted(kinds)}")
    for key, kind in kinds.items():
        if not isinstance(row[key], kind) or (kind is str and not row[key].strip()):
            raise ValueError(f"{where}: {key} is not as it must be")
    return SourceAttribute(name, row["attribute"], row["answer"], row.get("used"))
