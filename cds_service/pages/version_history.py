"""What a rule's page says of versions: the rule's own, and those of the numbers and doses it uses. Judges nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cds_service.knowledge.history import Version, table_of_number
from cds_service.knowledge.sign_off import SignOff
from cds_service.pages.index import Indexed

# What decides which dose a card offers, and of which form
_OF_DOSES = ("regimens", "formularies")


@dataclass(frozen=True, slots=True)
class Shown:
    """One version as it is shown. signed_by: who signed this very version, ready to be read; empty: nobody."""

    table: str
    day: date
    version: str
    what: str
    in_force: bool
    signed_by: str


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """own, numbers: the newest version first. in_force: of the rule. untold: tables whose present version the history
    does not have, because somebody changed a file where the service runs."""

    in_force: str
    own: tuple[Shown, ...]
    numbers: tuple[Shown, ...]
    untold: tuple[str, ...]


def version_history(
    rule_table: str, known: Indexed, history: Mapping[str, tuple[Version, ...]], sign_off: SignOff
) -> VersionHistory:
    """Of one rule, with its numbers and doses as the index knows them."""
    used = {table_of_number()[name] for name in (*known.numbers, *known.behind)}
    tables = (*sorted(used), *(_OF_DOSES if known.doses else ()))
    shown = {table: _newest_first(table, history, sign_off) for table in (rule_table, *tables)}
    numbers = sorted((each for table in tables for each in shown[table]), key=lambda each: each.day, reverse=True)
    untold = tuple(table for table, versions in shown.items() if not any(each.in_force for each in versions))
    return VersionHistory(sign_off.versions[rule_table], shown[rule_table], tuple(numbers), untold)


def _newest_first(table: str, history: Mapping[str, tuple[Version, ...]], sign_off: SignOff) -> tuple[Shown, ...]:
    versions = history.get(table, ())
    return tuple(
        Shown(
            table=table,
            day=each.day,
            version=each.version,
            what=each.what,
            in_force=place == len(versions) and each.version == sign_off.versions[table],
            signed_by=_people(sign_off, table, each.version),
        )
        for place, each in reversed(list(enumerate(versions, start=1)))
    )


def _people(sign_off: SignOff, table: str, version: str) -> str:
    of_it: Iterable[str] = (
        f"{each.name}, {each.role}, on {each.day}"
        for each in sign_off.signatures
        if (each.table, each.version) == (table, version)
    )
    return "; ".join(of_it)
