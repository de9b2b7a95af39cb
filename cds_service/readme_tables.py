"""The docs verb: rewrites the generated tables of README.md and docs/ between their markers. Knows the library, the
client profiles and Markdown."""

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from cds_service.clinical.concepts import ResourceKind
from cds_service.hooks.clients import PROFILES, Profile
from cds_service.hooks.services import SERVICES
from cds_service.knowledge.tables import Library

_WITHOUT = {ResourceKind.PATIENT: "no advice (412)", ResourceKind.ORDERED: "a test on order is asked for again"}
_LONG_LIST = re.compile(r"=[^&]{60,}")  # of codes
_MARKED = re.compile(r"(<!-- table: (?P<name>[a-z]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def rewritten(text: str, library: Library) -> str:
    """The text with every marked table made anew; KeyError for a table that nobody makes."""
    makers = {
        "rules": rules_table,
        "proposals": proposals_table,
        "profiles": profiles_table,
        "prefetch": prefetch_table,
    }
    return _MARKED.sub(lambda match: match[1] + makers[match["name"]](library) + match[3], text)


def rewrite(path: Path, library: Library) -> bool:
    """Rewrite the file; True when it had been stale."""
    before = path.read_text("utf-8")
    after = rewritten(before, library)
    if after != before:
        path.write_text(after, "utf-8")
    return after != before


def rules_table(library: Library) -> str:
    """One line a rule: its label, what it is about, the first sentence of its file, its source."""
    lines = ["| rule | what it says | source of the default | evidence |", "|---|---|---|---|"]
    for rule in library.knowledge.rules:
        said = (inspect.getdoc(sys.modules[rule.evaluate.__module__]) or "").split("\n\n")[0].replace("\n", " ")
        source = library.sources[rule.source]
        lines.append(f"| {rule.id} | {said} | {source.label} | {source.status} |")
    return "\n".join(lines) + "\n"


def proposals_table(library: Library) -> str:
    """One line a regimen that may be proposed."""
    lines = ["| proposal | dose and timing | recommendation |", "|---|---|---|"]
    for regimen in library.knowledge.regimens.values():
        route = regimen.route.value
        lines.append(f"| {regimen.label} | {regimen.dose_ug:f} ug {route}, {regimen.text} | {regimen.recommendation} |")
    return "\n".join(lines) + "\n"


def profiles_table(_library: Library) -> str:
    """One line a profile, one column for each field in which profiles differ."""
    columns = [_COLUMNS[difference.name] for difference in fields(Profile) if difference.name != "name"]
    heads = ("profile", *(head for head, _ in columns))
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for profile in PROFILES.values():
        cells = (profile.name, *(say(profile) for _, say in columns))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def prefetch_table(_library: Library) -> str:
    """One line a prefetch key: what it asks for, and the scope of an access token that lets it be fetched."""
    keys = list({key.name: key for service in SERVICES for key in service.prefetch}.values())
    lines = ["| prefetch key | what it asks for | scope | without it |", "|---|---|---|---|"]
    for key in keys:
        asked = _LONG_LIST.sub("=...", key.template).replace("{{context.patientId}}", "(id)")
        scope = f"`patient/{key.resource_type}.{'r' if key.is_read else 'rs'}`"
        without = _WITHOUT.get(key.kind, "less can be said")
        lines.append(f"| `{key.name}` | `{asked}` | {scope} | {without} |")
    lines.append("| none | a Medication that an order refers to | `patient/Medication.r` | its drug is not known |")
    return "\n".join(lines) + "\n"


def _hooks_with_system_actions(profile: Profile) -> str:
    return ", ".join(f"empty, at {hook}" for hook in sorted(profile.system_actions)) or "never"


# Head and content of a column, by the field that it shows.
_COLUMNS: dict[str, tuple[str, Callable[[Profile], str]]] = {
    "selection_behavior": ("selectionBehavior", lambda profile: profile.selection_behavior),
    "delete_names": ("a delete names its order in", lambda profile: profile.delete_names),
    "one_action": (
        "actions of a suggestion",
        lambda profile: "one" if profile.one_action else "all that belong together",
    ),
    "by_hand": (
        "dose and timing",
        lambda profile: "to be put in by hand, says the card" if profile.by_hand else "as sent",
    ),
    "rxnorm_oid": ("RxNorm also as OID", lambda profile: "yes" if profile.rxnorm_oid else "no"),
    "system_actions": ("`systemActions`", _hooks_with_system_actions),
    "versions": ("`version`, `hookVersion`", lambda profile: "in discovery" if profile.versions else "no"),
    "associated": (
        "orders of a card",
        lambda profile: ", ".join(f"`{name}`" for name in profile.associated) or "named in the detail",
    ),
}
