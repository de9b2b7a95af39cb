"""What `check` reports: faults, unconfirmed sources, unsigned tables, overdue reviews. Knows the library and a date."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from cds_service.knowledge.sign_off import SITE_TABLE, State
from cds_service.knowledge.tables import Library
from cds_service.records.look import Records
from cds_service.trust.clients_file import ClientEntry

_STATUS = {"V": "text seen", "P": "seen in part", "U": "not confirmed"}


def report(
    library: Library,
    today: date,
    records: Records,
    clients: Sequence[ClientEntry] = (),
    servers: Sequence[str] = (),
) -> dict[str, Any]:
    """All that a site should know before it relies on this service, ready for JSON. A sound one has no `faults`.

    clients: those of the clients file, for a person to see that it is the right one. servers: what is odd about the
    FHIR servers, where a call would fail; it may look otherwise from where the service runs, so it is no fault.
    """
    sign_off = library.sign_off
    sources = library.sources.values()
    return {
        "knowledgeVersion": library.knowledge.version,
        "region": library.knowledge.region.value,
        "date": today.isoformat(),
        "faults": [
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


def as_text(found: dict[str, Any], *, tables: bool = False) -> str:
    """For a person. tables: list every table with its version and its signatures."""
    return "\n".join(_lines(found, tables=tables))


def _lines(found: dict[str, Any], *, tables: bool) -> Iterator[str]:
    states = Counter(row["state"] for row in found["tables"])
    by_status = Counter(source["status"] for source in found["sources"])
    rows = found["rows"]
    yield f"knowledge {found['knowledgeVersion']}, region {found['region']}, {found['date']}"
    faults = f"{len(found['faults'])} faults" if found["faults"] else "no faults"
    yield f"rules    {found['rules']}: {faults}"
    yield from (f"  {fault}" for fault in found["faults"])
    yield f"sources  {_counts(by_status)}"
    yield from (f"  {_STATUS[source['status']]:15}{source['label']}" for source in _unconfirmed(found))
    yield f"numbers  {_counts(rows)}"
    yield f"reviews  {len(found['reviewsOverdue'])} overdue; the next is due on {found['nextReview']}"
    yield from (f"  {row['row']}: since {row['due']}" for row in found["reviewsOverdue"])
    yield "tables   " + ", ".join(f"{states[state.value]} {state.value}" for state in State)
    if tables:
        yield from (_table(row) for row in found["tables"])
    elif states[State.SIGNED.value] < len(found["tables"]):
        yield "  a clinician has yet to sign them: `check --tables` lists them, sign-off.toml says how"
    if found["overridden"]:
        yield f"{SITE_TABLE} overrides {', '.join(found['overridden'])}"
    yield f"database {found['database']['place']}: {found['database']['state']}"
    if found["clients"]:
        yield f"clients  {len(found['clients'])}"
        yield from (f"  {_client(row)}" for row in found["clients"])
    if found["fhirServers"]:
        yield f"servers  {len(found['fhirServers'])} to look at"
        yield from (f"  {said}" for said in found["fhirServers"])


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
    return f"  {row['version']}  {row['table']}: {row['state']}" + (f" by {people}" if people else "")
