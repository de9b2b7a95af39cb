"""GET /: try the service on shipped examples. The state of the page is its URL. Knows Flask and trials; no rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cds_service.decide import Means
from cds_service.examples import Example
from cds_service.hooks.own_url import base_url
from cds_service.pages.chart import facts, orders
from cds_service.pages.markdown import as_html
from cds_service.pages.own_feedback import LONGEST_FORM, OwnFeedback, Said
from cds_service.pages.page import page
from cds_service.pages.schedule_links import schedules
from cds_service.pages.trial import MOST_STEPS, Asked, Trial, shipped, tried
from cds_service.pages.verdicts import flips, rows, untold
from cds_service.pages.what_if import CHOICES, NUMBERS, Changes, read_changes
from cds_service.settings import Settings

Json = dict[str, Any]
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_GROUPS: Final = {
    "critical": "Critical",
    "warning": "Warning",
    "info": "Info",
    "untold": "Could not tell",
    "": "Silence: nothing to say",
}


@dataclass(frozen=True, slots=True)
class _Listed:
    """An example, and what could not be told of it."""

    example: Example
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """The example that an address names, and what came of it. place: among all; following: the id of the next one."""

    example: Example
    place: int
    count: int
    following: str
    changes: Changes
    trial: Trial

    def url(self, *more: str) -> str:
        """Of this state; more: suggestions that are applied as well."""
        return _url(self.example, self.changes.values, [*(each["uuid"] for each in self.trial.taken), *more])


def try_it_pages(settings: Settings, means: Means, feedback: OwnFeedback | None) -> Blueprint:
    """GET /: the list of examples; GET /?example=<id>: one of them, tried; POST there: what a person does with one of
    its cards, which is kept as feedback.

    means: of nobody in particular. feedback None: none is taken, as where there is a clients file.
    """
    pages = Blueprint("try_it", __name__, template_folder="templates")
    version = means.library.knowledge.version

    @lru_cache(maxsize=1)
    def listed(today: date) -> Mapping[str, list[_Listed]]:
        """Every example by what it shows, as the service itself answers it today."""
        found: dict[str, list[_Listed]] = {words: [] for words in _GROUPS.values()}
        for example in shipped(today):
            decided = tried(Asked(example), means, "").decided
            cards, missing = decided.answer["cards"], untold(decided.decision)
            kind = "untold" if missing else cards[0]["indicator"] if cards else ""
            found[_GROUPS[kind]].append(_Listed(example, missing))
        return found

    def shown(opened: _Opened, said: Said | None = None) -> Response:
        more = {"takes_feedback": feedback is not None, "said": said}
        return page("try_it.html", version, **_values(opened, means, base_url(request.environ, settings)), **more)

    @pages.get("/")
    def try_it() -> Response:
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            response = Response(_ENCODER.encode(_for_programs()), content_type="application/json")
        elif "example" in request.args:
            response = shown(_opened(means, base_url(request.environ, settings)))
        else:
            response = page("examples.html", version, groups=listed(means.clock().date()))
        response.vary.add("Accept")
        return response

    if feedback is not None:

        @pages.post("/")
        def told() -> BaseResponse:
            """An override is said on the page; a suggestion that is applied leads to the page on which it is."""
            if not _sent_from_here():
                abort(403)
            request.max_content_length = LONGEST_FORM
            form = request.form
            opened = _opened(means, base_url(request.environ, settings))
            about = (opened.trial.decided.answer, opened.trial.service, form, means.clock())
            if "suggestion" not in form:
                return shown(opened, feedback.override(*about) or abort(400))
            if len(opened.trial.taken) == MOST_STEPS:  # nothing can follow, and the page says so
                return redirect(opened.url(form["suggestion"]), 303)
            return redirect(opened.url(feedback.accept(*about) or abort(400)) + "#answer", 303)

    return pages


def _sent_from_here() -> bool:
    """Is the form one of our own pages? Every browser of today says so, but by plain http from another machine, where
    it names the origin alone."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    # A Host that is none is read as empty, and an origin has one
    return request.host != "" and request.headers.get("Origin") == f"{request.scheme}://{request.host}"


def _for_programs() -> Json:
    """Where a program goes on from here."""
    places = {"discovery": "/cds-services", "openapi": "/openapi.json", "rules": "/rules"}
    return {"name": "cobalamin-cds", **places}


def _opened(means: Means, base: str) -> _Opened:
    """What the address asks for. 404 for an id that is none; any other value that cannot be used is named."""
    every = {example.id: example for example in shipped(means.clock().date())}
    example = every.get(request.args.get("example", ""))
    if example is None:
        abort(404)
    ids = list(every)
    place = ids.index(example.id)
    changes = read_changes(request.args)
    trial = tried(Asked(example, changes, tuple(request.args.getlist("applied")[: MOST_STEPS + 1])), means, base)
    return _Opened(example, place, len(ids), ids[(place + 1) % len(ids)], changes, trial)


def _values(opened: _Opened, means: Means, base: str) -> Json:
    """What the template asks for."""
    example, trial, changes = opened.example, opened.trial, opened.changes
    untouched = trial if not changes.values and not trial.taken else tried(Asked(example), means, base)
    return {
        "example": example,
        "number": opened.place + 1,
        "count": opened.count,
        "following": opened.following,
        "trial": trial,
        "cards": trial.decided.answer["cards"],
        "facts": facts(trial.request, example.body, means.clock().date()),
        "orders": orders(trial.request, example.body),
        "verdicts": rows(trial.decided.decision),
        "flips": flips(untouched.decided.decision, trial.decided.decision),
        "came": _only_in(trial, untouched),
        "went": _only_in(untouched, trial),
        "reworded": _reworded(trial, untouched),
        "changes": changes,
        "numbers": NUMBERS,
        "choices": CHOICES,
        "most_steps": MOST_STEPS,
        "apply": lambda uuid: opened.url(uuid) + "#answer",
        "schedules": schedules(trial.decided),
        "detail": as_html,
        "request_json": _indented(trial.request),
        "answer_json": _indented(trial.decided.answer),
        "again": _url(example, {}),
        "here": opened.url(),
        "unapplied": _url(example, changes.values),
    }


def _url(example: Example, values: Mapping[str, str], steps: Sequence[str] = ()) -> str:
    state: dict[str, Any] = {"example": example.id, **values, "applied": list(steps)}
    return url_for("try_it.try_it", **state)


def _only_in(one: Trial, other: Trial) -> list[Json]:
    """Cards of which the other has none that says the same."""
    said = {card["summary"] for card in other.decided.answer["cards"]}
    return [card for card in one.decided.answer["cards"] if card["summary"] not in said]


def _reworded(one: Trial, other: Trial) -> list[Json]:
    """Cards of which the other has one with the same summary, and something else below it."""
    known = {card["summary"]: _below(card) for card in other.decided.answer["cards"]}
    return [card for card in one.decided.answer["cards"] if known.get(card["summary"], _below(card)) != _below(card)]


def _below(card: Json) -> tuple[str, list[str]]:
    return card["detail"], [each["label"] for each in card.get("suggestions", ())]


def _indented(value: Json) -> str:
    return msgspec.json.format(_ENCODER.encode(value), indent=2).decode()
