"""Answers that mean present or absent, positive or negative. Knows answer codes and plain words, no finding.

Only an answer in these tables is read. Anything else ("mild", "equivocal", a local code) is neither yes nor no.
"""

from fhir_mappings.records import Coded, Valued, several

_PRESENT_CODES = frozenset({"52101004", "10828004", "LA9633-4", "LA6576-8"})
_ABSENT_CODES = frozenset({"2667000", "260385009", "LA9634-2", "LA6577-6"})
_PRESENT_WORDS = frozenset({"present", "positive", "detected", "yes", "true", "reactive"})
_ABSENT_WORDS = frozenset(
    {"absent", "negative", "not detected", "no", "false", "non-reactive", "nonreactive", "not present", "none detected"}
)
ANSWER_CODES = _PRESENT_CODES | _ABSENT_CODES
ANSWER_WORDS = _PRESENT_WORDS | _ABSENT_WORDS
_POSITIVE_FLAGS = frozenset({"POS", "H", "HH", "A", "AA", "DET"})
_NEGATIVE_FLAGS = frozenset({"NEG", "N", "ND"})
FLAGS = _POSITIVE_FLAGS | _NEGATIVE_FLAGS


def answer_of(valued: Valued) -> bool | None:
    """True present or positive, False absent or negative, None: another answer or none at all."""
    if valued.value_boolean is not None:
        return valued.value_boolean
    if valued.value_codeable_concept is not None:
        return _concept(valued.value_codeable_concept)
    return None if valued.value_string is None else _words((valued.value_string,))


def flag_of(valued: Valued) -> bool | None:
    """The same from the laboratory's own interpretation; None when there is none, or when flags contradict."""
    flags = {coding.code for coded in several(valued.interpretation) for coding in coded.codings}
    positive, negative = bool(flags & _POSITIVE_FLAGS), bool(flags & _NEGATIVE_FLAGS)
    return None if positive == negative else positive


def has_value(valued: Valued) -> bool:
    """Was any value sent that this service can look at?"""
    return any(
        value is not None
        for value in (
            valued.value_boolean,
            valued.value_codeable_concept,
            valued.value_string,
            valued.value_quantity,
            valued.value_integer,
        )
    )


def _concept(answer: Coded) -> bool | None:
    codes = {coding.code.strip() for coding in answer.codings if coding.code}
    present, absent = bool(codes & _PRESENT_CODES), bool(codes & _ABSENT_CODES)
    if present or absent:
        return None if present and absent else present
    return _words(answer.words)


def _words(words: tuple[str, ...]) -> bool | None:
    said = {" ".join(word.lower().split()).rstrip(".") for word in words}
    present, absent = bool(said & _PRESENT_WORDS), bool(said & _ABSENT_WORDS)
    return None if present == absent else present
