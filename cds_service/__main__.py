"""The verbs of the command line. Knows what each verb is called and what it needs; the work is done elsewhere."""

import argparse
import errno
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cds_service.command_line import command_line
from cds_service.log_lines import only_json, tell_faults
from cds_service.settings import Settings, SettingsError, read_settings, recordings_apart

# What a disk says that takes no more of a result
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 faults found or start refused, 2 wrong command line, 130 interrupted; 1 also where nobody
    reads on, or the disk of the standard output is full. docs/command-line.md has what each verb adds."""
    try:
        status = _verb(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _write_no_more()
        return 1
    except OSError as error:
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        _write_no_more()
        print(f"standard output: {error.strerror}", file=sys.stderr)
        return 1
    return status


def _write_no_more() -> None:
    """Python flushes once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _verb(arguments: Sequence[str] | None) -> int:
    options = command_line(arguments if arguments is not None else sys.argv[1:]).parse_args(arguments)
    if options.verb == "conformance":
        return _conformance(options)  # it tests any service: the settings of this one are none of its business
    try:
        settings = read_settings(recordings_apart(os.environ)[0] if options.verb == "forget" else os.environ)
    except SettingsError as error:
        # What else is wrong is told at once, where it can be read
        if options.verb == "serve":
            tell_faults("settings", error.faults)
            _is_refused(error.settings, options.host, error)
            return 1
        clients = _faults_of_clients(str(error.settings.clients or ""))
        return _faults(options, {"settings": error.faults, "clients": clients})
    match options.verb:
        case "serve":
            return _serve(settings, options)
        case "check":
            return _check(settings, options)
        case "demo":
            return _demo(options)
        case "forget":
            return _forget(settings, options)
        case "replay":
            return _replay(settings, options)
        case "docs":
            return _docs(settings, options)
        case _:
            return 2


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from cds_service.gunicorn_log import HARMLESS  # noqa: PLC0415  # a verb loads what it needs

    screen = sys.stdout
    only_json(settings.log_level, HARMLESS)
    if _is_refused(settings, options.host):
        return 1
    from cds_service.knowledge.provenance import KnowledgeError  # noqa: PLC0415
    from cds_service.listening import Address  # noqa: PLC0415
    from cds_service.rehearsal import RehearsalError  # noqa: PLC0415
    from cds_service.serve import StartRefusedError, serve  # noqa: PLC0415
    from cds_service.trust.clients_file import ClientsError  # noqa: PLC0415

    def ready() -> None:
        """Where somebody looks at a terminal, say where to go on."""
        if screen.isatty():
            place = settings.public_url or f"http://{address}"
            screen.write(f"Ready. Try it in a browser: {place}/ (Ctrl-C ends the service)\n")
            screen.flush()

    address = Address(options.host, options.port)
    try:
        serve(settings, address, options.workers, ready)
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
    from cds_service.knowledge.provenance import KnowledgeError  # noqa: PLC0415
    from cds_service.knowledge.tables import load  # noqa: PLC0415

    try:
        load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off)
    except (KnowledgeError, ValueError) as error:  # a file that is no TOML is a ValueError
        return (str(error),)
    return ()


def _demo(options: argparse.Namespace) -> int:
    from cds_service.demo import DemoError, demo  # noqa: PLC0415

    try:
        return demo(sys.stdout, sys.stderr, as_json=options.json, command=_typed())
    except DemoError as error:
        return _faults(options, {"demo": (str(error),)})


def _forget(settings: Settings, options: argparse.Namespace) -> int:
    from cds_service.forgetting import ForgetError, forgetting  # noqa: PLC0415

    folder = options.recordings or recordings_apart(os.environ)[1]
    try:
        print(forgetting(settings, options.before, options.client, folder))
    except ForgetError as error:
        return _faults(options, {"forget": (str(error),)})
    return 0


def _replay(settings: Settings, options: argparse.Namespace) -> int:
    from cds_service.knowledge.provenance import KnowledgeError  # noqa: PLC0415
    from cds_service.replay.command import ReplayError, replaying  # noqa: PLC0415

    try:
        return replaying(options, settings, sys.stdout, sys.stderr)
    except ReplayError as error:
        return _faults(options, {"replay": (str(error),)})
    except (KnowledgeError, ValueError) as error:  # a file that is no TOML is a ValueError
        return _faults(options, {"knowledge": (str(error),)})


def _conformance(options: argparse.Namespace) -> int:
    from cds_service.conformance.command import conformance  # noqa: PLC0415

    return conformance(options, sys.stdout, sys.stderr)


def _docs(settings: Settings, options: argparse.Namespace) -> int:
    import subprocess  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from cds_service.knowledge.tables import load  # noqa: PLC0415
    from cds_service.readme_tables import rewrite  # noqa: PLC0415

    readme = Path("README.md")
    if not readme.is_file():
        return _faults(options, {"docs": ("README.md is not in the current folder",)})
    library = load(settings.region)
    for page in (readme, Path("docs/integrators.md"), Path("docs/onboarding.md")):
        if page.is_file():
            print(f"{page} rewritten" if rewrite(page, library) else f"{page} was fresh")
    # These pages are derived from the tests, which only a checkout has.
    for module in ("tests.ledger", "tests.requirements"):
        if Path(f"{module.replace('.', '/')}.py").is_file():
            done = subprocess.run([sys.executable, "-m", module], check=False)  # noqa: S603  # ours, by name
            if done.returncode != 0:
                return done.returncode
    return 0


def _check(settings: Settings, options: argparse.Namespace) -> int:
    """Faults end in 1. Unconfirmed sources, unsigned tables, overdue reviews, and FHIR servers and key sets that cannot
    be had from here are named, and are no fault."""
    from cds_service.check import as_json, as_text, report  # noqa: PLC0415
    from cds_service.knowledge.provenance import KnowledgeError  # noqa: PLC0415
    from cds_service.knowledge.tables import load  # noqa: PLC0415
    from cds_service.knowledge.wording import load_wording  # noqa: PLC0415
    from cds_service.outbound.look import odd_servers  # noqa: PLC0415
    from cds_service.outbound.names import Names  # noqa: PLC0415
    from cds_service.records.look import look  # noqa: PLC0415
    from cds_service.terminal import Screen  # noqa: PLC0415
    from cds_service.trust.clients_file import FHIR_SERVERS_NOT_IN_FORCE, read_clients  # noqa: PLC0415
    from cds_service.trust.look import odd_key_sets  # noqa: PLC0415

    faults = {"clients": _faults_of_clients(str(settings.clients or ""))}
    _tell(_by_part(faults))
    try:
        library = load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off)
        load_wording()
    except (KnowledgeError, ValueError) as error:  # a file that is no TOML is a ValueError
        return _faults(options, {"knowledge": (str(error),)}, _by_part(faults))
    if settings.clients is not None and settings.fhir_servers:
        print(f"note: {FHIR_SERVERS_NOT_IN_FORCE}", file=sys.stderr)
    clients = () if settings.clients is None or faults["clients"] else read_clients(settings.clients)
    lists = [(entry.name, entry.fhir_servers) for entry in clients]
    if settings.clients is None:
        lists = [("CDS_FHIR_SERVERS", settings.fhir_servers)]
    names = Names()
    servers, key_sets = odd_servers(lists, names), odd_key_sets(clients, names)
    today, records = datetime.now(UTC).date(), look(settings.database_url, migrate=options.migrate)
    found = report(library, today, records, clients, servers, key_sets, _by_part(faults))
    if options.json:
        print(as_json(found))
    else:
        as_text(found, Screen(sys.stdout), tables=options.tables)
    return 1 if found["faults"] else 0


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


def _typed() -> str:
    """What a person types to run this program again."""
    name = sys.argv[0]
    return "python -m cds_service" if name.endswith(".py") else shlex.quote(name)


def _faults(options: argparse.Namespace, faults: Mapping[str, Sequence[str]], before: Sequence[str] = ()) -> int:
    """Why there is nothing else to say, on standard error; a program that asked for a document has it there too, with
    what was told before."""
    _tell(_by_part(faults))
    if getattr(options, "json", False):
        print(json.dumps({"faults": [*before, *_by_part(faults)]}, indent=2, ensure_ascii=False))
    return 1


def _tell(faults: Sequence[str]) -> None:
    for fault in faults:
        print(fault, file=sys.stderr)


def _by_part(faults: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{part}: {fault}" for part, found in faults.items() for fault in found]


if __name__ == "__main__":
    sys.exit(main())
