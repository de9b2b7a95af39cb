"""What `check` reports: faults, unconfirmed sources, unsigned tables, overdue reviews. Knows the library and a date."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from cds_service.knowledge.sign_off import SITE_TABLE, State
from cds_service.knowledge.tables import Library
from cds_service.records.look import Records
from cds_service.terminal import Screen
from cds_service.trust.clients_file import ClientEntry

# The width of the names, with a space
_NAME: Final = 10
_STATUS: Final = {"V": "text seen", "P": "seen in part", "U": "not confirmed"}


def report(
    library: Library,
    today: date,
    records: Records,
    clients: Sequence[ClientEntry] = (),
    servers: Sequence[str] = (),
    key_sets: Sequence[str] = (),
    faults: Sequence[str] = (),
) -> dict[str, Any]:
    """All that a site should know before it relies on this service, ready for JSON. A sound one has no `faults`.

    clients: those of the clients file, for a person to see that it is the right one. servers: what is odd about the
    FHIR servers, where a call would fail; key_sets: about the URLs of key sets. It may look otherwise from where the
    service runs, so it is no fault.
    faults: what was found elsewhere.
    """
    sign_off = library.sign_off
    sources = library.sources.values()
    return {
        "knowledgeVersion": library.knowledge.version,
        "region": library.knowledge.region.value,
        "date": today.isoformat(),
        "faults": [*faults]
        + [
            f"{signature.table} is signed by {signature.name} on {signature.day}, which is in the future"
            for signature in sign_off.later_than(today)
        ]
        + ([f"the database is {records.state}"] if records.fault else []),
        "rules": len(library.knowledge.rules),
        "sources": [{"key": s.key, "label": s.label, "status": s.status} for s in sources],
        "rows": dict(Counter(row.status for row in library.provenance)),
        "reviewsOverdue": [
            {"row": row.row, "due": row.next_review.isoformat()}
            for row in library.provenance
            if row.next_review < today
        ],
        "nextReview": min(row.next_review for row in library.provenance).isoformat(),
        "tables": [
            {
                "table": table,
                "version": version,
                "state": sign_off.states[table].value,
                "signedBy": [
                    {"name": each.name, "role": each.role, "date": each.day.isoformat()}
                    for each in sign_off.signed_by((table,))
                ],
            }
            for table, version in sign_off.versions.items()
        ],
        "overridden": list(library.overrides),
        "fhirServers": list(servers),
        "keySets": list(key_sets),
        "database": {"place": records.place, "state": records.state},
        "clients": [
            {
                "name": entry.name,
                "profile": "" if entry.profile is None else entry.profile.name,
                "keys": entry.jwks_url or "file",
                "keysInFile": len(entry.keys),
                "fhirServers": list(entry.fhir_servers),
                "shadow": entry.shadow,
                "replayCheck": entry.replay_check,
            }
            for entry in clients
        ],
    }


def as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)


def as_text(found: dict[str, Any], screen: Screen, *, tables: bool = False) -> None:
    """For a person. tables: list every table with its version and its signatures."""
    if found["faults"]:
        screen.line((f"{len(found['faults'])} {'fault' if len(found['faults']) == 1 else 'faults'}", "bold red"))
        for fault in found["faults"]:
            _item(screen, fault, style="red")
    else:
        screen.line(("no faults", "bold green"))
    _head(screen, "knowledge", f"{found['knowledgeVersion']}, region {found['region']}, {found['date']}")
    _head(screen, "rules", str(found["rules"]))
    _sources(found, screen)
    _signatures(found, screen, tables=tables)
    if found["overridden"]:
        _head(screen, "overrides", f"{SITE_TABLE} overrides {', '.join(found['overridden'])}")
    _head(screen, "database", f"{found['database']['place']}: {found['database']['state']}")
    if found["clients"]:
        _head(screen, "clients", str(len(found["clients"])))
        for row in found["clients"]:
            _item(screen, _client(row))
    for name, odd in (("servers", found["fhirServers"]), ("key sets", found["keySets"])):
        if odd:
            _head(screen, name, f"{len(odd)} to look at")
        for said in odd:
            _item(screen, said, style="yellow")


def _sources(found: dict[str, Any], screen: Screen) -> None:
    _head(screen, "sources", _counts(Counter(source["status"] for source in found["sources"])))
    for source in _unconfirmed(found):
        _item(screen, f"{_STATUS[source['status']]:15}{source['label']}", deeper=15)
    _head(screen, "numbers", _counts(found["rows"]))
    overdue = found["reviewsOverdue"]
    _head(screen, "reviews", f"{len(overdue)} overdue; the next is due on {found['nextReview']}")
    for row in overdue:
        _item(screen, f"{row['row']}: since {row['due']}", style="yellow")


def _signatures(found: dict[str, Any], screen: Screen, *, tables: bool) -> None:
    states = Counter(row["state"] for row in found["tables"])
    _head(screen, "tables", ", ".join(f"{states[state.value]} {state.value}" for state in State))
    if tables:
        for row in found["tables"]:
            _item(screen, _table(row), deeper=14)
    elif states[State.SIGNED.value] < len(found["tables"]):
        _item(screen, "a clinician has yet to sign them: `check --tables` lists them, sign-off.toml says how")


def _head(screen: Screen, name: str, text: str) -> None:
    screen.labelled(f"{name:<{_NAME}}", "bold", text)


def _item(screen: Screen, text: str, *, deeper: int = 2, style: str = "") -> None:
    """A line below a head. deeper: how much further in it goes on, where it does not fit."""
    screen.wrapped(text, "  ", "  " + " " * deeper, style)


def _counts(by_status: dict[str, int]) -> str:
    total = sum(by_status.values())
    return f"{total}: " + ", ".join(f"{by_status.get(key, 0)} {words}" for key, words in _STATUS.items())


def _unconfirmed(found: dict[str, Any]) -> list[dict[str, str]]:
    """Not confirmed first, then seen in part; a label that two sources share, once."""
    rows = sorted((s for s in found["sources"] if s["status"] != "V"), key=lambda s: (s["status"] == "P", s["label"]))
    return list({source["label"]: source for source in rows}.values())


def _client(row: dict[str, Any]) -> str:
    servers = row["fhirServers"]
    said = [
        row["profile"] or "profile as the request shows",
        f"keys: {row['keysInFile']} in a file" if row["keys"] == "file" else f"keys: from {row['keys']}",
        f"FHIR: {len(servers)}, {', '.join(servers)}" if servers else "no FHIR server",
    ]
    said += ["shadow"] * row["shadow"] + ["a token can be used again: replay_check is off"] * (not row["replayCheck"])
    return f"{row['name']}: {'; '.join(said)}"


def _table(row: dict[str, Any]) -> str:
    people = "; ".join(f"{each['name']}, {each['role']}, {each['date']}" for each in row["signedBy"])
    return f"{row['version']}  {row['table']}: {row['state']}" + (f" by {people}" if people else "")
