"""The first year of a regimen in words: rows of the table, events of the calendar. Knows tables; no Flask."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from cds_service.clinical import phrases
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.first_year import Check, Checks, Dose, Later, OpenDoses, Year
from cds_service.clinical.policy import Regimen
from cds_service.clinical.treatment_follow_up import FIRST_YEAR
from cds_service.knowledge.tables import Library
from cds_service.pages.calendar_file import Event

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_COUNT: Final = "Symptoms and full blood count"
_SEVERE: Final = "severe anaemia"
# What is done, and the rows of the thresholds that its days come from
CHECKS: Final[Mapping[Check, tuple[str, tuple[str, ...]]]] = {
    Check.REFERRALS: ("Urgent neurology and haematology advice", ()),
    Check.POTASSIUM_FIRST: ("Potassium", ()),
    Check.POTASSIUM: ("Potassium again", ("potassium_check_days",)),
    Check.POTASSIUM_TABLETS: ("Potassium", ("potassium_check_days",)),
    Check.SEVERE_ANAEMIA: (
        "Blood count, reticulocytes",
        ("severe_anaemia_review_days", "severe_anaemia_second_review_days"),
    ),
    Check.RESPONSE: ("Review of the response", ("response_review_days", "response_review_every_days")),
    Check.REVIEW_PREGNANT: (_COUNT, ()),
    Check.REVIEW: (_COUNT, ()),
    Check.YEARLY: (_COUNT, ()),
    Check.TABLETS: ("Vitamin B12 in blood", ()),
    Check.TABLETS_PERNICIOUS: ("Vitamin B12 in blood", ()),
    Check.RELAPSE: ("Vitamin B12 and methylmalonic acid in blood", ()),
    Check.CREATININE: ("Creatinine with eGFR", ("creatinine_review_months",)),
}
# Where the days are told by no number: who says so (a key of sources.toml), and where
_SOURCES: Final[Mapping[Check, tuple[str, str]]] = {
    Check.REFERRALS: ("S-SEEDS", "seed 004 (R-REFER-URGENT); 9.2 row 1, 9.3"),
    Check.POTASSIUM_FIRST: ("S-FDA-CY", "SG-06; 9.4"),
    Check.POTASSIUM: ("S-FDA-CY", "in the first 48 hours (SG-06); 9.4, 10.2 M7"),
    Check.REVIEW_PREGNANT: ("J-PROJECT", "10.2 M2"),
    Check.REVIEW: ("S-SEEDS", "seeds 001 to 004 (R-MON-3-6-12, R-MON-CBC), as C-03 settles it; 10.2 M2"),
    Check.YEARLY: ("S-SEEDS", "all five seeds (R-MON-ANNUAL), as C-03 settles it; 10.2 M3"),
    Check.TABLETS: ("J-PROJECT", "C-03; 10.2 M4"),
    Check.TABLETS_PERNICIOUS: ("S-CY-UK", "tablets, pernicious anaemia (C-03); 10.2 M4"),
    Check.RELAPSE: ("S-SEEDS", "seeds 002 and 003 (R-MON-MMA), as C-02 settles it; 10.2 M6"),
}
# In short, for a line of the picture and a title in a calendar; those without are never dated
FOR_WHOM: Final = {
    Check.REFERRALS: "everyone with neurological signs",
    Check.POTASSIUM_FIRST: "low potassium, some anaemias",
    Check.POTASSIUM: "low potassium, some anaemias",
    Check.POTASSIUM_TABLETS: _SEVERE,
    Check.SEVERE_ANAEMIA: _SEVERE,
    Check.RESPONSE: "while these injections go on",
    Check.REVIEW_PREGNANT: "pregnant or breast-feeding",
    Check.REVIEW: "everyone treated for deficiency",
    Check.TABLETS: "uptake",
    Check.TABLETS_PERNICIOUS: "pernicious anaemia",
}
FOR_EVERYONE: Final = frozenset({Check.REFERRALS, Check.RESPONSE, Check.REVIEW, Check.TABLETS})


@dataclass(frozen=True, slots=True)
class Row:
    """day: where it stands among the others, None for the end. rule: where it is told in full, empty for a regimen."""

    day: date | None
    when: str
    what: str
    note: str
    source: str
    rule: str = ""


def rows(year: Year, library: Library, form: Ingredient) -> list[Row]:
    """By date; what nobody can date comes last."""
    found = [*_of_doses(year, library, form), *_of_checks(year, library)]
    return sorted(found, key=lambda row: row.day or date.max)


def events(year: Year, library: Library, form: Ingredient, unsigned: str) -> Iterator[Event]:
    """Everything that has a day. Nothing about a patient, and no form but the one that was chosen."""
    end = f"{unsigned} A plan, not an order."
    key = regimen_of(year)
    for dose in year.doses:
        if isinstance(dose, Later):
            continue
        regimen = library.knowledge.regimens[dose.regimen]
        kind = how(regimen)
        text = f"{form.value.capitalize()} {order(regimen)}.\nSource: {_regimen_source(regimen, library, form)}.\n{end}"
        if isinstance(dose, OpenDoses):
            what = f"Vitamin B12 {kind}, {regimen.text}"
            yield Event(
                f"{key} {form} {dose.regimen} {year.start}", dose.days[0], what, text, recurrence(regimen, dose)
            )
        else:
            identity = f"{key} {form} {dose.regimen} {year.start} {dose.number}"
            apart = f"{_apart(dose, year, library)}.\n" if dose.latest > dose.earliest else ""
            late = f": from this day, at the latest {said(dose.latest)}" if dose.latest > dose.earliest else ""
            yield Event(identity, dose.earliest, f"Vitamin B12 {kind}, {_numbered(dose, year)}{late}", apart + text)
    for checks in year.checks:
        what, source = CHECKS[checks.check][0], _check_source(checks.check, library)
        text = f"{_whom(checks, library)}.\nSource: {source}.\n{end}"
        title = f"Vitamin B12: {what[:1].lower()}{what[1:]} ({FOR_WHOM[checks.check]})" if checks.days else ""
        series = f"FREQ=DAILY;INTERVAL={checks.every}" if checks.every else ""
        for day in checks.days[:1] if series else checks.days:
            yield Event(f"{key} {form} {checks.check} {year.start} {day}", day, title, text, series)


def regimen_of(year: Year) -> str:
    """The regimen that was asked for: the first of the year."""
    return year.doses[0].regimen


def recurrence(regimen: Regimen, doses: OpenDoses) -> str:
    """Without an end, as the regimen has none: whoever ends the injections ends the series."""
    if regimen.unit == "d":
        return f"FREQ=DAILY;INTERVAL={regimen.period}"
    days = ",".join(_WEEKDAYS[day.weekday()] for day in sorted(doses.days[: regimen.frequency], key=date.weekday))
    return f"FREQ=WEEKLY;INTERVAL={regimen.period};BYDAY={days}"


def how(regimen: Regimen) -> str:
    return "injection" if regimen.route.parenteral else phrases.by_route(regimen.route)


def order(regimen: Regimen) -> str:
    """ "1000 micrograms by intramuscular injection every 2 months"."""
    return f"{phrases.micrograms(regimen.dose_ug)} {phrases.by_route(regimen.route)} {regimen.text}"


def said(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _of_doses(year: Year, library: Library, form: Ingredient) -> Iterator[Row]:
    for dose in year.doses:
        regimen = library.knowledge.regimens[dose.regimen]
        source, kind = _regimen_source(regimen, library, form), how(regimen).capitalize()
        match dose:
            case Dose():
                ranged = dose.latest > dose.earliest
                when = f"{said(dose.earliest)} to {said(dose.latest)}" if ranged else said(dose.earliest)
                note = _apart(dose, year, library) if ranged else regimen.text.capitalize()
                yield Row(dose.earliest, when, f"{kind}, {_numbered(dose, year)}", note, source)
            case OpenDoses():
                note = "No number of doses and no last day is fixed."
                yield Row(dose.days[0], f"From {said(dose.days[0])}", f"{kind}, {regimen.text}", note, source)
            case Later():
                note = "No day can be given before: it follows when improvement has stopped."
                yield Row(None, "No day yet", f"Then maintenance, {regimen.text}", note, source)


def _apart(dose: Dose, year: Year, library: Library) -> str:
    """Of a range: from which dose it is counted, and the limit that holds whatever the months are long (K-09)."""
    regimen, t = library.knowledge.regimens[dose.regimen], library.knowledge.thresholds
    before = f"dose {dose.number - 1}" if dose.number > 1 else "the last dose of the course"
    if dose.number > 1 and dose.regimen != regimen_of(year):
        before = f"maintenance {before}"
    months = regimen.unit == "mo"
    most = t.interval_max_hydroxocobalamin_days if months else (regimen.period_max or regimen.period) * 7
    return f"{regimen.text.removeprefix('every ').capitalize()} after {before}, never more than {most} days"


def _numbered(dose: Dose, year: Year) -> str:
    if dose.of is not None:
        return f"dose {dose.number} of {dose.of}"
    return f"maintenance dose {dose.number}" if dose.regimen != regimen_of(year) else f"dose {dose.number}"


def _of_checks(year: Year, library: Library) -> Iterator[Row]:
    for checks in year.checks:
        what, whom = CHECKS[checks.check][0], _whom(checks, library)
        source, rule = _check_source(checks.check, library), _rule(checks.check)
        singly = checks.days[:1] if checks.every else checks.days
        for day in singly:
            yield Row(day, said(day), what, whom, source, rule)
        if checks.every and len(checks.days) > 1:
            when = f"From {said(checks.days[1])}, every {checks.every} days"
            yield Row(checks.days[1], when, what, whom, source, rule)
        if not checks.days:
            yield Row(None, "No day here", what, whom, source, rule)


def _whom(checks: Checks, library: Library) -> str:
    t = library.knowledge.thresholds
    severe = f"Where haemoglobin was below {phrases.number(t.severe_hb_g_l)} g/L at the start"
    first_year = f"{', '.join(map(str, FIRST_YEAR[:-1]))} and {FIRST_YEAR[-1]} months"
    return {
        Check.REFERRALS: "Everyone who is given these injections for neurological signs. Vitamin B12 does not "
        "wait for the advice",
        Check.POTASSIUM_FIRST: "Before or with the first dose, where there is anaemia that is severe or has large red "
        "cells, or potassium is low. Vitamin B12 does not wait for it",
        Check.POTASSIUM: f"Within 48 hours of the first dose, where potassium was below "
        f"{phrases.number(t.potassium_low_mmol_l)} mmol/L, haemoglobin was below {phrases.number(t.severe_hb_g_l)} "
        "g/L, or there was anaemia with large red cells and no potassium of the last 7 days",
        Check.POTASSIUM_TABLETS: f"{severe}; shown until day {t.potassium_shown_days}",
        Check.SEVERE_ANAEMIA: severe,
        Check.RESPONSE: "While injections on alternate days go on: continue while there is improvement, change to "
        "maintenance when it has stopped",
        Check.REVIEW_PREGNANT: "In pregnancy or while breast-feeding",
        Check.REVIEW: "Everyone who is treated for deficiency, counted from the first dose of the course",
        Check.YEARLY: "In treatment of deficiency: counted from the first dose of the course, which may be before this "
        f"regimen: at {first_year}, then yearly from the last count",
        Check.TABLETS: "To see whether it is absorbed; then yearly",
        Check.TABLETS_PERNICIOUS: "Cyanocobalamin by mouth in pernicious anaemia",
        Check.RELAPSE: "Once, when signs return, get worse or persist",
        Check.CREATININE: f"Every {t.creatinine_review_months} months from the last, where cyanocobalamin is given in "
        "spite of renal risk because nothing else is stocked",
    }[checks.check]


def _rule(check: Check) -> str:
    own = {Check.REFERRALS: "T-REGIMEN-NEURO", Check.POTASSIUM_FIRST: "T-K", Check.POTASSIUM: "T-K"}
    return own.get(check, "T-MONITOR")


def _check_source(check: Check, library: Library) -> str:
    """That of each number that gives a day, or of what the days rest on otherwise."""
    if check in _SOURCES:
        key, place = _SOURCES[check]
        return f"{library.sources[key].label}: {place}"
    numbers = [each for each in library.provenance if each.row in CHECKS[check][1]]
    labels = dict.fromkeys(library.sources[each.source].label for each in numbers)
    return f"{'; '.join(labels)}: {', '.join(dict.fromkeys(each.place for each in numbers))}"


def _regimen_source(regimen: Regimen, library: Library, form: Ingredient) -> str:
    (row,) = (each for each in library.provenance if each.row == regimen.key)
    source, place = row.of_form(form)
    return f"{library.sources[source].label}: {place}"
