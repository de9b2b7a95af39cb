"""Bytes of a feedback -> what became of each card. Knows the variants that clients send (REQ-62 to 69); no database.

The rules stand in schemas/feedback.json. Beside what CDS Hooks 2 defines, these are read: `overrideReasons` in place
of `overrideReason` (Epic), a reason that stands in an extension only, `{code, system}` without `reason` (the sandbox
of 2020), a code without system or display, blanks in a system. Anything else is ignored or, in those rules, refused.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from msgspec import Raw

from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.strict_json import check_text, whole_value
from cds_service.records.feedback import LONGEST_COMMENT, CardFeedback, kept_id

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?(?:[Zz](?: UTC)?|([+-]\d\d:\d\d))", re.ASCII
)
_SYSTEMS: Final = {reason["code"]: reason["system"] for reason in OVERRIDE_REASONS}
_FORMATS: Final = FormatChecker(formats=())


def _instant(sent: str) -> datetime:
    """The instant in UTC. ValueError for what is no date-time of RFC 3339. What is finer than a microsecond is cut."""
    found = _TIME.fullmatch(sent)
    if found is None:
        raise ValueError
    day, minute, second, fraction, offset = found.groups()
    leap = second == "60"
    text = f"{day}T{minute}:{'59' if leap else second}.{(fraction or '0')[:6]:0<6}{offset or '+00:00'}"
    return datetime.fromisoformat(text).astimezone(UTC) + timedelta(seconds=leap)


@_FORMATS.checks("date-time", raises=(ValueError, OverflowError))
def _is_instant(sent: object) -> bool:
    return not isinstance(sent, str) or isinstance(_instant(sent), datetime)


_RULES: Final = Draft202012Validator(
    json.loads(files(__package__).joinpath("schemas/feedback.json").read_text("utf-8")), format_checker=_FORMATS
)


def read_feedback(body: bytes, *, keep_comments: bool) -> tuple[CardFeedback, ...]:
    """Every item of the body in order, or a Problem (400) that names the first path and the rule broken."""
    body = body.removeprefix(BOM_UTF8)
    check_text(body)
    sent = whole_value(Raw(body), "$")
    for error in _RULES.iter_errors(sent):
        raise _broken(error)
    return tuple(_read(item, keep_comments=keep_comments) for item in sent["feedback"])


def _read(item: dict[str, Any], *, keep_comments: bool) -> CardFeedback:
    card, outcome, at = kept_id(item["card"]), item["outcome"], _instant(item["outcomeTimestamp"])
    if outcome == "accepted":
        taken = dict.fromkeys(kept_id(each["id"]) for each in item["acceptedSuggestions"])
        return CardFeedback(card, outcome, at, tuple(taken))
    given = list(_reasons_given(item))
    comment = next(
        (text for reason in given if isinstance(text := reason.get("userComment"), str) and text.strip()), ""
    )
    system, reason = _reason(given, commented=comment != "")
    kept = comment.replace("\0", "")[:LONGEST_COMMENT] if keep_comments and comment else None
    return CardFeedback(card, outcome, at, reason=reason, reason_system=system, comment=kept)


def _reasons_given(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for sent in (item.get("overrideReason"), item.get("overrideReasons")):
        for each in sent if isinstance(sent, list) else [sent]:
            if isinstance(each, dict):
                yield each


def _reason(given: list[dict[str, Any]], *, commented: bool) -> tuple[str | None, str]:
    """System and code of the first of our reasons; else (None, `other`, `comment-only` or `none`)."""
    codings = [coding for each in given for coding in (each.get("reason"), each) if isinstance(coding, dict)]
    extensions = [coding.get("extension") for coding in codings]
    for coding in (*codings, *_objects_in(extensions)):
        known = _known(coding)
        if known is not None:
            return _SYSTEMS[known], known
    if any(isinstance(coding.get(name), str) for coding in codings for name in ("code", "display")):
        return None, "other"
    if commented:
        return None, "comment-only"
    return None, "other" if any(extensions) else "none"


def _known(coding: dict[str, Any]) -> str | None:
    """The code, if it is one of the reasons on our cards; a system that is told must be its system."""
    code, system = coding.get("code"), coding.get("system")
    if not isinstance(code, str) or code.strip() not in _SYSTEMS:
        return None
    told = "".join(system.split()) if isinstance(system, str) else ""
    return code.strip() if told in {"", _SYSTEMS[code.strip()]} else None


def _objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects_in(inner)


def _broken(error: ValidationError) -> Problem:
    """The rule, in words of our own: the validator's message prints values. A path holds names of the schema only."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    wanted: Any = error.validator_value
    sent: Any = error.instance
    match error.validator:
        case "required":
            missing = next(name for name in wanted if name not in sent)
            return Problem(Fault.BAD_FEEDBACK, path=f"{path}.{missing}".lstrip("."), rule="is required")
        case "type":
            rule = f"must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "enum":
            rule = f"must be {' or '.join(wanted)}"
        case "format":
            rule = "must be a date-time of RFC 3339 with Z or an offset"
        case "minItems":
            rule = "must not be empty"
        case "maxItems":
            rule = f"must hold at most {wanted}"
        case "anyOf":
            rule = "must hold reason or userComment" if path.endswith("overrideReason") else "must hold a code"
        case _:
            rule = "must not be empty"
    return Problem(Fault.BAD_FEEDBACK, path=path or "$", rule=rule)
