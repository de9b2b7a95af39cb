"""GET /schedule/<regimen>: the first year of a suggested regimen as a picture, a table and a calendar. Knows Flask.

The state of the page is its URL: a regimen of the table, a form of a short list, a day within bounds. No patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, Response, abort, request

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.first_year import Year, first_year
from cds_service.clinical.policy import Regimen
from cds_service.decide import Means
from cds_service.knowledge.sign_off import State
from cds_service.knowledge.tables import Library
from cds_service.pages.calendar_file import calendar_file
from cds_service.pages.course_picture import LEFT, RIGHT, STEP, TOP, picture
from cds_service.pages.page import page
from cds_service.pages.schedule_rows import events, order, rows, said

FORMS: Final = (Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN)
# Labelled for this one alone
_HYDROXOCOBALAMIN: Final = frozenset(
    {
        "maintenance_neurological",
        "maintenance_non_neurological",
        "bariatric_three_monthly",
        "optic_loading",
        "optic_twice_weekly",
    }
)
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)
_SHOWN: Final = 20
_SIGNED: Final = {
    State.SIGNED: "Signed for use by a clinician.",
    State.OUTDATED: "Changed since a clinician signed it.",
    State.UNSIGNED: "Not yet signed by a clinician.",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """start and form as they are used. shown: what was typed. wrong: why a value was not used, by its field."""

    start: date
    form: Ingredient
    shown: str
    wrong: Mapping[str, str]


def forms_of(regimen: Regimen) -> tuple[Ingredient, ...]:
    """The forms that it is shown for, the usual one first."""
    if regimen.key in _HYDROXOCOBALAMIN:
        return FORMS[:1]
    return FORMS if regimen.route.parenteral else FORMS[1:]


def schedule_pages(means: Means) -> Blueprint:
    """The page, and the same as an iCalendar file. 404 for what is no regimen."""
    pages = Blueprint("schedule", __name__, template_folder="templates")
    library = means.library

    def asked_of(key: str) -> tuple[Regimen, _Asked, Year]:
        regimen = library.knowledge.regimens.get(key)
        if regimen is None:
            abort(404)
        asked = _read(request.args, regimen, means.clock().date())
        knowledge = library.knowledge
        return regimen, asked, first_year(key, asked.form, asked.start, knowledge.regimens, knowledge.thresholds)

    @pages.get("/schedule/<regimen_id>")
    def schedule(regimen_id: str) -> Response:
        regimen, asked, year = asked_of(regimen_id)
        return page(
            "schedule.html",
            library.knowledge.version,
            regimen=regimen,
            others=library.knowledge.regimens.values(),
            order=order(regimen),
            asked=asked,
            forms=forms_of(regimen),
            year=year,
            rows=rows(year, library, asked.form),
            picture=picture(year, library),
            place={"left": LEFT, "right": RIGHT, "top": TOP, "step": STEP},
            said=said,
            signed=_SIGNED[_state(library)],
        )

    @pages.get("/schedule/<regimen_id>.ics")
    def calendar(regimen_id: str) -> Response:
        regimen, asked, year = asked_of(regimen_id)
        if asked.wrong:
            abort(404)  # there is no such calendar; the page says why
        found = events(year, library, asked.form, _SIGNED[_state(library)])
        body = calendar_file(f"Vitamin B12, {regimen.label}", found, means.clock())
        response = Response(body, content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="b12-{regimen.key}-{year.start}.ics"'
        return response

    return pages


def _state(library: Library) -> State:
    return library.sign_off.state_behind(("hypokalaemia", "monitoring_due"))


def _read(query: Mapping[str, str], regimen: Regimen, today: date) -> _Asked:
    """What cannot be used is named, and the usual value stands in for it."""
    wrong = {}
    start, typed = today, query.get("start", "").strip()
    if typed:
        try:
            start = date.fromisoformat(typed)
            usable = start.isoformat() == typed and EARLIEST <= start <= LATEST  # there are other ISO spellings
        except ValueError:
            usable = False
        if not usable:
            start = today
            wrong["start"] = f"This must be a day from {EARLIEST} to {LATEST}. Today was used instead."
    form, chosen = forms_of(regimen)[0], query.get("form", "")
    if chosen in forms_of(regimen):
        form = Ingredient(chosen)
    elif chosen:
        wrong["form"] = "This form is not one of the list. The usual one was used instead."
    return _Asked(start, form, typed[:_SHOWN] if "start" in wrong else start.isoformat(), wrong)
