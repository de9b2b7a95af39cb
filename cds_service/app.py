"""create_app: wires the parts of the service together, and nothing else."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from cds_service.audit import AuditLog, Trail
from cds_service.common_folder import Common
from cds_service.decide import Means
from cds_service.examples import examples
from cds_service.hooks.behind_proxy import BehindProxy
from cds_service.hooks.clients import ANYBODY, Client
from cds_service.hooks.edge import Edge
from cds_service.hooks.feedback_routes import feedback_routes
from cds_service.hooks.health import health_routes, metrics_route
from cds_service.hooks.openapi import openapi_route
from cds_service.hooks.own_url import UnderPath
from cds_service.hooks.problems import register_problems
from cds_service.hooks.routes import ShortWay, hook_call, hook_routes
from cds_service.knowledge.provenance import KnowledgeError
from cds_service.knowledge.tables import Library, load
from cds_service.knowledge.wording import load_wording
from cds_service.log_lines import describe, log_stream
from cds_service.metrics import Metrics
from cds_service.outbound.names import LookUp, Names, Reach, look_up
from cds_service.outbound.session import new_session
from cds_service.pages.assets import assets
from cds_service.pages.attributes import attribute_pages
from cds_service.pages.figures import figure_pages
from cds_service.pages.own_feedback import OwnFeedback
from cds_service.pages.problem import problem_page
from cds_service.pages.rules import rule_pages
from cds_service.pages.schedule import schedule_pages
from cds_service.pages.try_it import try_it_pages
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.recording.key import read_key
from cds_service.recording.recorder import Recorder
from cds_service.records.database import Database
from cds_service.records.kept_figures import KeptFigures
from cds_service.records.place import default_url
from cds_service.records.places import placed
from cds_service.records.shown_cards import ShownCards
from cds_service.refusal import refused
from cds_service.release import installed_version
from cds_service.settings import Settings
from cds_service.trust.clients_file import ClientEntry, read_clients
from cds_service.trust.door import Door, GuardedDoor, Guest, OpenDoor
from cds_service.trust.key_fetch import fetch_text
from cds_service.trust.key_sets import FetchedKeys, FixedKeys
from cds_service.trust.key_shelf import KeyShelf
from cds_service.trust.shared_state import SharedState
from cds_service.trust.sqlite_state import SqliteState
from cds_service.waiting import MOST_AT_DATABASE, MOST_AT_OWN, MOST_AT_REDIS, MOST_WAITING, Share, Waits

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from cds_service.traces import Traces

# For each client, so that the reads of others never stand behind those of a server that hangs. Enough for eight keys of
# eight calls at a time; more calls wait, and their deadline goes on running. A thread is made when it is needed
_PARALLEL_READS = 64
# Where in app.extensions the ShownCards are, for whoever ends an app before its process ends
SHOWN_CARDS = "cobalamin_cds.shown_cards"
# The Recorder, or None
RECORDER = "cobalamin_cds.recorder"
# And what answers in the service's own way where a server does not let a request in (refusal.py)
REFUSING = "cobalamin_cds.refusing"
# The Metrics, or None, for whoever knows how busy the process is
METRICS = "cobalamin_cds.metrics"
# And the Waits: which of the calls at hand wait for another server, for whoever hands out threads
WAITS = "cobalamin_cds.waits"
# The Traces, or None, for whoever ends an app before its process ends
TRACES = "cobalamin_cds.traces"
_log = logging.getLogger("cds_service.app")


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = _now,
    look_up: LookUp = look_up,
    database: Database | None = None,
    clients: Sequence[ClientEntry] | None = None,
    common: Common = Common(),  # noqa: B008  # it is frozen
    read_knowledge: Callable[..., Library] = load,
) -> Flask:
    """The WSGI application. KnowledgeError or ValueError when a table is faulty: no knowledge, no service.

    clients: the entries of the clients file where it has been read already; else it is read here (ClientsError).
    common: what this process shares with other workers. What it does not, and no Redis does, it has for itself.
    look_up: finds the addresses of a host name.
    read_knowledge: `load`, or what has loaded already.
    """
    library = read_knowledge(settings.region, settings.unavailable, settings.thresholds, settings.sign_off)
    if library.sign_off.later_than(clock().date()):
        raise KnowledgeError("sign-off: a signature is dated in the future")
    names, waits = Names(look_up), Waits()
    aside = partial(placed, Share(waits, MOST_AT_DATABASE, MOST_WAITING + MOST_AT_OWN))
    means = Means(
        library=library,
        wording=load_wording(),
        servers=FhirServers(settings, names, waits),
        pool=_readers(),
        clock=clock,
        client=replace(ANYBODY, store_comments=settings.store_comments),
    )
    if clients is None and settings.clients is not None:
        clients = read_clients(settings.clients)
    in_redis = _in_redis(settings, waits)
    door: Door[Means] = OpenDoor(means, in_redis)
    guests: list[Guest[Means]] = []
    if clients is not None:
        shelf = KeyShelf(common.key_sets, time.monotonic())
        shelf.keep_only({entry.jwks_url for entry in clients if entry.jwks_url is not None})
        guests = _guests(clients, settings, means, names, waits, shelf, read_knowledge)
        door = GuardedDoor(guests, means, in_redis or SqliteState(common.tokens), settings, clock)
    app = Flask("cds_service", static_folder=None)
    # A slash too many is not redirected: clients sign exact URLs
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    register_problems(app, problem_page(library.knowledge.version))
    records = database or Database(settings.database_url or default_url())
    metrics = app.extensions[METRICS] = _metrics(settings, common.counts, library)
    shown = ShownCards(records, tell=_nobody if metrics is None else metrics.unwritten)
    app.extensions[SHOWN_CARDS] = shown
    recorder = app.extensions[RECORDER] = _recorder(settings, means, metrics)
    answered = hook_call(settings, door, shown, recorder)
    app.register_blueprint(hook_routes(door, answered))
    app.register_blueprint(feedback_routes(settings, door, records, aside))
    app.register_blueprint(health_routes(records.check, door.check))
    app.register_blueprint(openapi_route(settings, examples(clock().date()), guarded=clients is not None))
    app.register_blueprint(assets())
    own_feedback = OwnFeedback(records, shown, aside) if clients is None else None
    app.register_blueprint(try_it_pages(settings, means, own_feedback))
    app.register_blueprint(schedule_pages(means))
    app.register_blueprint(rule_pages(library, means.wording))
    app.register_blueprint(figure_pages(library, KeptFigures(records, clock, aside), clock))
    app.register_blueprint(attribute_pages(library))
    told: list[Callable[[Trail, int, float], None]] = [AuditLog(log_stream(), settings.log_level).write]
    if metrics is not None:
        told.append(metrics.note)
        ages = partial(_key_set_ages, guests)
        metrics.read_when_asked("key_set_age_seconds", "Since the client's key set was fetched whole and good", ages)
        app.register_blueprint(metrics_route(metrics.text))
    traces = app.extensions[TRACES] = _traces(settings, names)
    if traces is not None:
        told.append(traces.note)
    inner, version = _reached(ShortWay(app, answered), settings), library.knowledge.version
    app.wsgi_app = Edge(inner, settings.cors_origins, version, *told)  # type: ignore[method-assign]
    app.extensions[WAITS] = waits
    app.extensions[REFUSING] = Edge(refused, settings.cors_origins, version, *told)
    return app


def _reached(application: "WSGIApplication", settings: Settings) -> "WSGIApplication":
    """As callers reach it: under a path, behind a proxy."""
    under = UnderPath(application, settings)
    return BehindProxy(under, settings) if settings.trusted_proxies else under


def _metrics(settings: Settings, counts: Path | None, library: Library) -> Metrics | None:
    """None where they are not wanted, and where there is no room to count: advice does not wait for that."""
    if not settings.metrics:
        return None
    try:
        return Metrics(counts, installed_version(), library.knowledge.version)
    except OSError as error:
        _log.error("there is no /metrics: the folder for temporary files has no room (%s)", describe(error))
        return None


def _recorder(settings: Settings, means: Means, metrics: Metrics | None) -> Recorder | None:
    """None where nothing is recorded; also where the key cannot be read any more: advice does not wait for that."""
    if settings.record_dir is None or settings.record_key is None:
        return None
    try:
        key = read_key(settings.record_key)
    except ValueError as error:
        _log.error("nothing is recorded: CDS_RECORD_KEY_FILE %s", error)
        return None
    return Recorder(settings.record_dir, key, means, _nobody if metrics is None else metrics.recorded)


def _nobody(*_: object) -> None:
    """Is told what is counted where nothing is."""


def _traces(settings: Settings, names: Names) -> "Traces | None":
    """None without the setting: nobody pays for what is not asked for. Also where one of the library's own settings
    (OTEL_...) is faulty: advice does not wait for that."""
    if settings.otel_endpoint is None:
        return None
    from cds_service.traces import Traces  # noqa: PLC0415

    session = new_session(Reach(names, named=None))  # the operator wrote this URL out: it may be anywhere
    try:
        return Traces(settings.otel_endpoint, session, installed_version())
    except Exception as error:  # noqa: BLE001  # whatever the library makes of the environment
        _log.error("there are no traces: %s", describe(error))
        return None


def _key_set_ages(guests: Sequence[Guest[Means]]) -> dict[str, float]:
    return {guest.entry.name: guest.keys.age() for guest in guests if isinstance(guest.keys, FetchedKeys)}


def _readers() -> Executor:
    return ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="fhir")


def _in_redis(settings: Settings, waits: Waits) -> SharedState | None:
    if settings.shared_state_url is None:
        return None
    from cds_service.trust.redis_state import RedisState  # noqa: PLC0415  # 8 MB and 80 ms for who has a Redis

    share = Share(waits, MOST_AT_REDIS, MOST_WAITING + MOST_AT_OWN)
    return RedisState(settings.shared_state_url, share=share)


def _guests(
    clients: Sequence[ClientEntry],
    settings: Settings,
    means: Means,
    names: Names,
    waits: Waits,
    shelf: KeyShelf,
    read_knowledge: Callable[..., Library],
) -> list[Guest[Means]]:
    """Each client with its keys and its own means. What clients have in common (a library, a key set) is made once."""
    libraries = {(settings.region, settings.unavailable): means.library}
    key_sets: dict[str, FetchedKeys] = {}
    session = new_session(Reach(names, named=None))  # the operator wrote each of these URLs out: they may be anywhere
    guests = []
    for entry in clients:
        own = entry.settings(settings)
        stock = (own.region, own.unavailable)
        if stock not in libraries:
            libraries[stock] = read_knowledge(*stock, settings.thresholds, settings.sign_off)
        url = entry.jwks_url
        if url is not None and url not in key_sets:
            key_sets[url] = FetchedKeys(entry.name, url, shelf, waits, partial(fetch_text, session, url))
        client = Client(entry.name, entry.profile, entry.shadow, own.store_comments)
        servers = FhirServers(own, names, waits, entry.name)
        guests.append(
            Guest(
                entry,
                FixedKeys(entry.keys) if url is None else key_sets[url],
                replace(means, library=libraries[stock], servers=servers, pool=_readers(), client=client),
            )
        )
    return guests
