"""Loads the TOML tables of this folder, strictly: an unknown key, a missing source or a bad number stops the start."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.outcomes import Rule
from cds_service.clinical.policy import Formulary, Knowledge, Regimen, Region, Thresholds
from cds_service.knowledge.provenance import (
    PROVENANCE,
    KnowledgeError,
    Provenance,
    Source,
    exactly,
    provenance_of,
    read_sources,
    sources_by_form,
)
from cds_service.knowledge.recommendations import Catalogue, load_catalogue
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.sign_off import NO_TABLES, SignOff, load_sign_off
from cds_service.knowledge.source_attributes import SourceAttribute, load_source_attributes
from cds_service.release import installed_version

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Library:
    """Knowledge for the rules, and the paper trail for people."""

    knowledge: Knowledge
    sources: Mapping[str, Source]
    provenance: tuple[Provenance, ...]
    catalogue: Catalogue
    sign_off: SignOff
    source_attributes: tuple[SourceAttribute, ...]
    overrides: tuple[str, ...] = ()


def load(
    region: Region = Region.UK,
    unavailable: frozenset[Ingredient] = frozenset(),
    thresholds_override: Path | None = None,
    sign_off: Path | None = None,
) -> Library:
    """Read every table. Raises KnowledgeError with file, row and fault."""
    sources = read_sources(_read("sources.toml"))
    thresholds, rows, overridden = _thresholds(_read_folder("thresholds"), sources, thresholds_override)
    regimens, regimen_rows = _regimens(_read("regimens.toml"), sources)
    formularies, formulary_rows = _formularies(_read("formularies.toml"), sources)
    try:
        catalogue = load_catalogue(_HERE / "recommendations.toml")
        signed = load_sign_off(sign_off, (file_of(rule) for rule in RULES), thresholds_override)
        attributes = load_source_attributes()
    except ValueError as fault:
        raise KnowledgeError(str(fault)) from None
    for regimen in regimens.values():
        named = (regimen.recommendation, *dict(regimen.by_form).values())
        if unknown := [name for name in named if name not in catalogue.everything]:
            raise KnowledgeError(f"regimens.toml [{regimen.key}]: {unknown} are not in recommendations.toml")
    for rule in RULES:
        if rule.source not in sources:
            raise KnowledgeError(f"rules: {rule.id} names source {rule.source}, which sources.toml does not have")
        if unknown := [name for name in rule.recommendations if name not in catalogue.everything]:
            raise KnowledgeError(f"rules: {rule.id} names {unknown}, which recommendations.toml does not have")
    knowledge = Knowledge(
        thresholds=thresholds,
        regimens=regimens,
        formularies=formularies,
        rules=RULES,
        version=_version(overridden, thresholds_override),
        region=region,
        unavailable=unavailable,
    )
    return Library(knowledge, sources, rows + regimen_rows + formulary_rows, catalogue, signed, attributes, overridden)


def file_of(rule: Rule) -> str:
    """The name of the file that the rule stands in, which is also that of its wording and its cases."""
    return rule.evaluate.__module__.rpartition(".")[2]


def _read(name: str) -> dict[str, dict[str, Any]]:
    with (_HERE / name).open("rb") as file:
        return tomllib.load(file)


def _read_folder(name: str) -> dict[str, dict[str, Any]]:
    """Every table of a folder as one; a row that two files hold would leave it open which of them counts."""
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted((_HERE / name).glob("*.toml")):
        with path.open("rb") as file:
            table = tomllib.load(file)
        if twice := rows.keys() & table.keys():
            raise KnowledgeError(f"{name}/{path.name}: {sorted(twice)} stand in another file as well")
        rows |= table
    return rows


def _number(where: str, value: object, kind: object) -> Decimal | int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise KnowledgeError(f"{where}: value is not a number") from None
    if not number.is_finite() or number < 0:
        raise KnowledgeError(f"{where}: value is not a number that can be compared with")
    if kind is int:
        if number != number.to_integral_value():
            raise KnowledgeError(f"{where}: value must be whole")
        return int(number)
    return number


def _thresholds(
    table: dict[str, dict[str, Any]], sources: Mapping[str, Source], override: Path | None
) -> tuple[Thresholds, tuple[Provenance, ...], tuple[str, ...]]:
    kinds = {field.name: field.type for field in fields(Thresholds)}
    if table.keys() != kinds.keys():
        raise KnowledgeError(f"thresholds: rows that differ from the code: {sorted(table.keys() ^ kinds.keys())}")
    required = PROVENANCE | {"value", "unit", "means", "configurable"}
    values: dict[str, Decimal | int] = {}
    rows = []
    for key, row in table.items():
        where = f"thresholds [{key}]"
        exactly(where, row, required, frozenset())
        values[key] = _number(where, row["value"], kinds[key])
        rows.append(provenance_of(where, key, row, sources))
    overridden = _apply_override(override, table, kinds, values) if override is not None else ()
    rows = [replace(row, value=str(values[row.row])) for row in rows]
    return Thresholds(**values), tuple(rows), overridden  # type: ignore[arg-type]


def _apply_override(
    path: Path, table: dict[str, dict[str, Any]], kinds: Mapping[str, object], values: dict[str, Decimal | int]
) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            changed = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError):
        raise KnowledgeError("CDS_THRESHOLDS: the file cannot be read as TOML") from None
    for key, value in changed.items():
        if key not in table or not table[key]["configurable"]:
            raise KnowledgeError(f"CDS_THRESHOLDS [{key}]: not a configurable row of the thresholds")
        values[key] = _number(f"CDS_THRESHOLDS [{key}]", value, kinds[key])
    return tuple(sorted(changed))


def _regimens(
    table: dict[str, dict[str, Any]], sources: Mapping[str, Source]
) -> tuple[dict[str, Regimen], tuple[Provenance, ...]]:
    required = (
        PROVENANCE | {"row", "recommendation", "text", "label"} | {"dose_ug", "route", "frequency", "period", "unit"}
    )
    optional = frozenset({"period_max", "bounds_weeks", "count", "by_form", "source_by_form"})
    regimens, rows = {}, []
    for key, row in table.items():
        where = f"regimens.toml [{key}]"
        exactly(where, row, required, optional)
        if row["route"] not in Route.__members__:
            raise KnowledgeError(f"{where}: route is not one of {sorted(Route.__members__)}")
        by_form = row.get("by_form", {})
        if unknown := sorted(by_form.keys() - Ingredient.__members__.keys()):
            raise KnowledgeError(f"{where}: by_form names {unknown}")
        dose = Decimal(_number(where, row["dose_ug"], Decimal))
        regimens[key] = Regimen(
            key=key,
            dose_ug=dose,
            route=Route[row["route"]],
            text=row["text"],
            label=row["label"],
            recommendation=row["recommendation"],
            frequency=row["frequency"],
            period=row["period"],
            unit=row["unit"],
            period_max=row.get("period_max"),
            bounds_weeks=row.get("bounds_weeks"),
            count=row.get("count"),
            by_form=tuple((Ingredient[form], name) for form, name in by_form.items()),
        )
        rows.append(replace(provenance_of(where, key, row, sources), by_form=sources_by_form(where, row, sources)))
    return regimens, tuple(rows)


def _formularies(
    table: dict[str, dict[str, Any]], sources: Mapping[str, Source]
) -> tuple[dict[Region, Formulary], tuple[Provenance, ...]]:
    lists = ("preference", "preference_renal", "preference_renal_unknown", "last_resort")
    found, rows = {}, []
    if table.keys() != {region.value for region in Region}:
        raise KnowledgeError("formularies.toml: one table for each region")
    for key, row in table.items():
        where = f"formularies.toml [{key}]"
        exactly(where, row, PROVENANCE | frozenset(lists), frozenset())
        for name in lists:
            if unknown := [item for item in row[name] if item not in Ingredient.__members__]:
                raise KnowledgeError(f"{where}: {name} names {unknown}")
        forms = {name: tuple(Ingredient[item] for item in row[name]) for name in lists}
        found[Region(key)] = Formulary(
            forms["preference"],
            forms["preference_renal"],
            forms["preference_renal_unknown"],
            frozenset(forms["last_resort"]),
        )
        named = provenance_of(where, f"formulary {key}", row, sources)
        rows.append(replace(named, means=_in_words(key, found[Region(key)]), value=_listed(forms["preference"])))
    return found, tuple(rows)


def _listed(forms: Iterable[Ingredient]) -> str:
    return ", ".join(form.value for form in forms)


def _in_words(region: str, forms: Formulary) -> str:
    return (
        f"forms in the order in which they are proposed in region {region}; with renal risk: "
        f"{_listed(forms.preference_renal)}; with renal function unknown: {_listed(forms.preference_renal_unknown)}; "
        f"only where nothing else is left: {_listed(sorted(forms.last_resort))}"
    )


def _version(overridden: tuple[str, ...], override: Path | None) -> str:
    """A fingerprint of every file a clinician reviews, so that an answer names the knowledge it was made with.

    Signatures and histories are no knowledge: signing a table, or telling what changed in it, does not change it.
    """
    digest = sha256()
    reviewed = (path for path in _HERE.rglob("*.toml") if path.stem not in NO_TABLES)
    for path in sorted((*reviewed, *_HERE.glob("rules/*.py"))):
        digest.update(path.read_bytes())
    version = f"{installed_version()}+{digest.hexdigest()[:12]}"
    if override is not None and overridden:
        local = sha256(override.read_bytes()).hexdigest()[:8]
        version += f".site-{local}:" + ",".join(overridden)
    return version
