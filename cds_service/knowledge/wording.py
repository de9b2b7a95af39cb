"""Words for sayings: fills wording/*.toml from typed facts. Knows no FHIR and no HTTP; escapes the client's text."""

import re
import tomllib
from collections.abc import Container, Mapping
from pathlib import Path
from string import Formatter

from cds_service.clinical.outcomes import ClientText, Saying
from cds_service.knowledge.recommendations import load_catalogue

_FOLDER = Path(__file__).parent / "wording"
_PARTS = frozenset({"summary", "because", "differ", "text", "label", "action", "source"})
SUMMARY_LIMIT = 139
# Characters that GitHub-flavoured Markdown or HTML could read as markup.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>&])")
# What GFM turns into a link without any mark-up, escaped or not: an address, a web name, a mailbox.
_LINKS = re.compile(r"(?i)(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=\S)(?=@\S)")


class Wording:
    """Every entry of the folder. Raises KeyError for an unknown saying or a value that is not supplied."""

    def __init__(
        self, entries: Mapping[str, Mapping[str, str]], carries: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self._entries = entries
        self._carries = carries or {}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._entries)

    def has(self, key: str, part: str) -> bool:
        return part in self._entries[key]

    def part(self, saying: Saying, part: str) -> str:
        """One part of an entry, filled. A summary is plain text; the rest is Markdown."""
        plain = part in ("summary", "label", "action")
        values = {name: plain_text(value) if plain else markdown(value) for name, value in saying.values.items()}
        return self._entries[saying.key][part].format_map(values).strip()

    def source(self, key: str) -> str | None:
        """The source of this card where it is not that of its rule: a key of sources.toml."""
        return self._entries[key].get("source")

    def carries(self, key: str) -> tuple[str, ...]:
        """The ids of the rule base that are carried out by these words: evidence, reasons, cautions."""
        return self._carries.get(key, ())

    def names(self, key: str) -> frozenset[str]:
        """The values that an entry needs."""
        texts = self._entries[key].values()
        return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


def load_wording(folder: Path = _FOLDER) -> Wording:
    """Read every file; a part that is not known, or is empty, raises ValueError with its place.

    A file holds the entries that begin with its own name, so that a rule's words are found without a search.
    """
    entries: dict[str, dict[str, str]] = {}
    carries: dict[str, tuple[str, ...]] = {}
    known = load_catalogue().everything
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            table = tomllib.load(file)
        if table.keys() != {path.stem}:
            raise ValueError(f"wording/{path.name}: every entry is [{path.stem}.something]")
        for name, row in table[path.stem].items():
            where = f"wording/{path.name} [{name}]"
            parts = {part: text for part, text in row.items() if part != "carries"}
            carries[f"{path.stem}.{name}"] = _ids(where, row.get("carries", []), known)
            if unknown := parts.keys() - _PARTS:
                raise ValueError(f"{where}: unknown {sorted(unknown)}")
            if any(not isinstance(text, str) or not text.strip() for text in parts.values()):
                raise ValueError(f"{where}: empty text")
            entries[f"{path.stem}.{name}"] = parts
    return Wording(entries, carries)


def _ids(where: str, names: object, known: Container[str]) -> tuple[str, ...]:
    if not isinstance(names, list) or len(set(names)) != len(names):
        raise ValueError(f"{where}: carries is a list of ids, each once")
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{where}: carries {unknown}, which recommendations.toml does not have")
    return tuple(names)


def markdown(value: str) -> str:
    """The client's words, every mark-up character escaped, links broken by a space; our own words as they are."""
    if isinstance(value, ClientText):
        return _MARKUP.sub(r"\\\1", _LINKS.sub(" ", plain_text(value)))
    return value


def plain_text(value: str) -> str:
    """One line of text, no control characters."""
    if not value.isprintable():
        value = "".join(char if char.isprintable() else " " for char in value)
    return " ".join(value.split())
