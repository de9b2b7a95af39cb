"""schemathesis against an application in process: generated requests for every operation of /openapi.json."""

import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

CHECKS = {
    # 412 is no refusal of the request: the data could not be obtained. Nothing else is, for what the schema accepts.
    "positive_data_acceptance": {"expected-statuses": ["200", "412"]},
    "negative_data_rejection": {"expected-statuses": ["400", "405", "415"]},
    # Off, since they look at resources that are created, changed and deleted; there are none here.
    "use_after_free": {"enabled": False},
    "ensure_resource_availability": {"enabled": False},
    "object_level_authorization": {"enabled": False},
    # Off: no header is required of everybody. A token is, where there is a clients file, and ignored_auth looks at it.
    "missing_required_header": {"enabled": False},
}


@dataclass(slots=True)
class Found:
    """What a run looked at, by (operation, check), and what it found wrong: operation, check, words."""

    looked: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)


def run(app: WSGI, *, examples: int, path: str = ".*", each_limit: bool = True, token: str | None = None) -> Found:
    """The operations whose path matches. The seed is fixed. each_limit: try each limit of each schema, too.

    token: the bearer token of every request; "" for what schemathesis makes up, so that nothing but 401 is right; None
    where none is needed. Every phase but stateful, which follows links between operations; there are none.
    """
    checks: dict[str, Any] = dict(CHECKS)
    if token == "":
        checks["positive_data_acceptance"] = {"expected-statuses": ["401"]}
        checks["negative_data_rejection"] = {"expected-statuses": ["401", "405"]}
    elif token is not None:
        # Off: its second request, without the token, fails inside schemathesis 4.32 when the application is in process.
        checks["ignored_auth"] = {"enabled": False}
    config = schemathesis.Config.from_dict(
        {
            "seed": 20261121,
            "generation": {"max-examples": examples, "database": "none"},
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": each_limit}},
            "checks": checks,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
        }
    )
    schema = schemathesis.openapi.from_wsgi("/openapi.json", packing(app), config=config)
    found = Found()
    for event in from_schema(schema.include(path_regex=f"^{path}$")).execute():
        if isinstance(event, events.ScenarioFinished):
            for case, check in ((case, check) for case, checks in event.recorder.checks.items() for check in checks):
                found.looked[str(event.recorder.label), check.name] += 1
                if check.failure_info is not None and not _foreign_order(event.recorder.interactions[case].response):
                    failure = check.failure_info
                    words = f"{failure.failure.title}: {failure.failure.message}\n{failure.code_sample}"
                    found.wrong.append((str(event.recorder.label), check.name, words))
        elif isinstance(event, events.NonFatalError):
            found.wrong.append((str(event.label), "error", event.info.message))
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def _foreign_order(response: schemathesis.Response | None) -> bool:
    """What the description says in words, since no schema can: an order in scope names the patient of the context.
    schemathesis meets it where it puts another patient into one of our examples."""
    return response is not None and response.status_code == 400 and b'"foreign-order"' in response.content


def packing(app: WSGI) -> WSGI:
    """Does what a request's Content-Encoding says to its body; schemathesis sets the header only."""

    def called(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_CONTENT_ENCODING") in {"gzip", "x-gzip"}:
            packed = gzip.compress(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
            environ |= {"wsgi.input": io.BytesIO(packed), "CONTENT_LENGTH": str(len(packed))}
        return app({"REMOTE_ADDR": "127.0.0.1"} | environ, start)  # schemathesis names no peer; a server does

    return called
