"""The verbs of the command line. Knows what each verb is called and what it needs; the work is done elsewhere."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from cds_service.log_lines import only_json, tell_faults
from cds_service.settings import Settings, SettingsError, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 faults found or start refused, 2 wrong command line."""
    options = _command_line(arguments if arguments is not None else sys.argv[1:]).parse_args(arguments)
    if options.verb == "conformance":
        return _conformance(options)  # it tests any service: the settings of this one are none of its business
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        told = tell_faults if options.verb == "serve" else _faults
        told("settings", error.faults)
        # What else is wrong is told at once, where it can be read
        if options.verb == "serve":
            _is_refused(error.settings, options.host, error)
        else:
            told("clients", _faults_of_clients(str(error.settings.clients or "")))
        return 1
    match options.verb:
        case "serve":
            return _serve(settings, options)
        case "check":
            return _check(settings, options)
        case "demo":
            return _demo()
        case "forget":
            return _forget(settings, options)
        case "docs":
            return _docs(settings)
        case _:
            return 2


def _command_line(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cobalamin-cds", description="A CDS Hooks service for vitamin B12.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    server = verbs.add_parser("serve", help="run the service")
    server.add_argument("--host", default="127.0.0.1")
    server.add_argument("--port", type=_port, default=8000)
    server.add_argument("--workers", type=_positive, default=os.cpu_count() or 1)
    verbs.add_parser("demo", help="send the shipped requests through the real service and print the cards")
    tester = verbs.add_parser("conformance", help="test any CDS Hooks service over HTTP, one line per requirement")
    if "conformance" in arguments[:1]:
        from cds_service.conformance.command import add_options  # noqa: PLC0415

        add_options(tester)
    verbs.add_parser("docs", help="rewrite the generated tables of README.md and docs/ in the current folder")
    forget = verbs.add_parser("forget", help="delete cards shown and feedback from the database; the service may run")
    forget.add_argument("--before", type=_day, help="what was shown or received before this day (YYYY-MM-DD, UTC)")
    forget.add_argument("--client", help="what is of this client, by its name in the clients file")
    check = verbs.add_parser("check", help="load settings and knowledge; report faults and what awaits review")
    check.add_argument("--tables", action="store_true", help="list every table to sign, with its version")
    check.add_argument("--json", action="store_true", help="everything, for a program")
    return parser


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from cds_service.gunicorn_log import HARMLESS  # noqa: PLC0415  # a verb loads what it needs

    only_json(settings.log_level, HARMLESS)
    if _is_refused(settings, options.host):
        return 1
    from cds_service.knowledge.tables import KnowledgeError  # noqa: PLC0415
    from cds_service.rehearsal import RehearsalError  # noqa: PLC0415
    from cds_service.serve import Address, StartRefusedError, serve  # noqa: PLC0415
    from cds_service.trust.clients_file import ClientsError  # noqa: PLC0415

    try:
        serve(settings, Address(options.host, options.port), options.workers)
    except ClientsError as error:
        tell_faults("clients", error.faults)
    except (KnowledgeError, ValueError) as error:
        tell_faults("knowledge", (str(error),))
    except (StartRefusedError, RehearsalError) as refusal:
        tell_faults("serve", (str(refusal),))
    else:
        return 0
    return 1


def _is_refused(settings: Settings, host: str, error: SettingsError | None = None) -> bool:
    """Tell all that stands against a start, so that nobody has to try again for each fault. error: told already.

    The knowledge is loaded here, which takes a second, only where something else was told: if not, `serve` loads it.
    """
    from cds_service.exposure import refusals  # noqa: PLC0415

    found = {
        "serve": refusals(settings, host, error.unread if error else frozenset()),
        "clients": _faults_of_clients(str(settings.clients or "")),
    }
    if error is not None or any(found.values()):
        found["knowledge"] = _faults_of_knowledge(settings)
    for part, faults in found.items():
        tell_faults(part, faults)
    return any(found.values())


def _faults_of_knowledge(settings: Settings) -> tuple[str, ...]:
    from cds_service.knowledge.tables import KnowledgeError, load  # noqa: PLC0415

    try:
        load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off)
    except (KnowledgeError, ValueError) as error:  # a file that is no TOML is a ValueError
        return (str(error),)
    return ()


def _demo() -> int:
    from cds_service.demo import DemoError, demo  # noqa: PLC0415

    try:
        return demo(sys.stdout)
    except DemoError as error:
        return _faults("demo", (str(error),))


def _forget(settings: Settings, options: argparse.Namespace) -> int:
    from cds_service.records.database import Database, DatabaseAwayError  # noqa: PLC0415
    from cds_service.records.forget import forget  # noqa: PLC0415
    from cds_service.records.place import default_url  # noqa: PLC0415

    if options.before is None and options.client is None:
        return _faults("forget", ("say what: --before, --client or both",))
    database = Database(settings.database_url or default_url())
    try:
        if database.revision() is None:
            return _faults("forget", (f"nothing is kept at {database.place}",))
        gone = forget(database, before=options.before, client=options.client)
    except DatabaseAwayError as error:
        return _faults("forget", (f"not finished, run it again: {error}",))
    finally:
        database.close()
    print(f"deleted: {gone.cards} cards shown, {gone.feedback} items of feedback ({database.place})")
    return 0


def _conformance(options: argparse.Namespace) -> int:
    from cds_service.conformance.command import conformance  # noqa: PLC0415

    return conformance(options, sys.stdout, sys.stderr)


def _docs(settings: Settings) -> int:
    import subprocess  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from cds_service.knowledge.tables import load  # noqa: PLC0415
    from cds_service.readme_tables import rewrite  # noqa: PLC0415

    readme = Path("README.md")
    if not readme.is_file():
        return _faults("docs", ("README.md is not in the current folder",))
    library = load(settings.region)
    for page in (readme, Path("docs/integrators.md")):
        if page.is_file():
            print(f"{page} rewritten" if rewrite(page, library) else f"{page} was fresh")
    # These pages are derived from the tests, which only a checkout has.
    # These pages are derived from the tests, which only a checkout has.
    for module in ("tests.ledger", "tests.requirements"):
        if Path(f"{module.replace('.', '/')}.py").is_file():
            done = subprocess.run([sys.executable, "-m", module], check=False)  # noqa: S603  # ours, by name
            if done.returncode != 0:
                return done.returncode
    return 0


def _check(settings: Settings, options: argparse.Namespace) -> int:
    """Faults end in 1. Unconfirmed sources, unsigned tables, overdue reviews and FHIR servers that cannot be reached
    from here are named, and are no fault."""
    from cds_service.check import as_json, as_text, report  # noqa: PLC0415
    from cds_service.knowledge.tables import KnowledgeError, load  # noqa: PLC0415
    from cds_service.knowledge.wording import load_wording  # noqa: PLC0415
    from cds_service.outbound.look import odd_servers  # noqa: PLC0415
    from cds_service.outbound.names import Names  # noqa: PLC0415
    from cds_service.records.look import look  # noqa: PLC0415
    from cds_service.trust.clients_file import FHIR_SERVERS_NOT_IN_FORCE, read_clients  # noqa: PLC0415

    faults = _faults_of_clients(str(settings.clients or ""))
    if faults:
        _faults("clients", faults)
    try:
        library = load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off)
        load_wording()
    except (KnowledgeError, ValueError) as error:  # a file that is no TOML is a ValueError
        return _faults("knowledge", (str(error),))
    if settings.clients is not None and settings.fhir_servers:
        print(f"note: {FHIR_SERVERS_NOT_IN_FORCE}", file=sys.stderr)
    clients = () if settings.clients is None or faults else read_clients(settings.clients)
    lists = [(entry.name, entry.fhir_servers) for entry in clients]
    if settings.clients is None:
        lists = [("CDS_FHIR_SERVERS", settings.fhir_servers)]
    servers = odd_servers(lists, Names())
    found = report(library, datetime.now(UTC).date(), look(settings.database_url), clients, servers)
    print(as_json(found) if options.json else as_text(found, tables=options.tables))
    return 1 if found["faults"] or faults else 0


def _faults_of_clients(name: str) -> tuple[str, ...]:
    """What is wrong in the clients file; of one that cannot be opened the settings tell already."""
    from pathlib import Path  # noqa: PLC0415

    from cds_service.trust.clients_file import ClientsError, read_clients  # noqa: PLC0415

    try:
        if name != "" and Path(name).is_file():
            read_clients(Path(name))
    except ClientsError as error:
        return error.faults
    return ()


def _faults(part: str, faults: Sequence[str]) -> int:
    for fault in faults:
        print(f"{part}: {fault}", file=sys.stderr)
    return 1


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())
