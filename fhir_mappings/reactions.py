"""Was an allergic reaction anaphylaxis? Allowed to know: codelists/reactions*.csv and English words.

Direction of error: words that name anaphylaxis count, whatever the code beside them; only a plain denial does not.
"""

import re
from enum import StrEnum
from functools import lru_cache

from fhir_mappings.code_tables import read_tables
from fhir_mappings.records import Coded
from fhir_mappings.systems import PREFIXED, normal_code, normal_system


class ReactionKind(StrEnum):
    """What the `reaction` column of the codelists may hold."""

    ANAPHYLAXIS = "anaphylaxis"


_MEANS = {
    key: row.member(ReactionKind, row["reaction"])
    for key, row in read_tables("reactions", ("system", "code", "reaction", "label", "evidence")).items()
}
_PREFIXES = tuple((system, code[:-1]) for system, code in _MEANS if system in PREFIXED and code.endswith("*"))
_NAMED = re.compile(r"\banaphyla")
_DENIED = re.compile(
    r"\b(?:no|not|non|without|denies|denied|never)[\s-]+(?:an?\s+|true\s+|(?:evidence|history|signs?)\s+of\s+)*anaphyla\w*"
    r"|\banaphyla\w*(?:\s+(?:was|has been))?\s+(?:excluded|ruled out)"
)


@lru_cache(maxsize=4096)
def is_reaction_code(system: str, code: str) -> bool:
    """Does the code mean anaphylaxis?"""
    uri = normal_system(system)
    text = normal_code(uri, code)
    return (uri, text) in _MEANS or any(uri == each and text.startswith(prefix) for each, prefix in _PREFIXES)


def names_anaphylaxis(text: str | None) -> bool:
    """Do these words name anaphylaxis or an anaphylactoid reaction, other than to deny it?"""
    return bool(text) and bool(_NAMED.search(_DENIED.sub(" ", str(text).lower())))


def is_anaphylaxis(code: Coded | None) -> bool:
    """By any coding, by the text or by any display."""
    if code is None:
        return False
    if any(is_reaction_code(each.system or "", each.code) for each in code.codings if each.code):
        return True
    return any(names_anaphylaxis(word) for word in code.words)
