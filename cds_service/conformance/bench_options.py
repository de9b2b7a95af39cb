"""The command line of what the tester brings along: keys, servers, a log, how often. Knows argparse; no assertion."""

import argparse
from pathlib import Path

from cds_service.conformance.bench import SANDBOX, Equipment


def add_bench_options(parser: argparse.ArgumentParser) -> None:
    """The options of authentication, FHIR access, and of how often and how long."""
    who = parser.add_argument_group("authentication", "without --issuer no call carries a token")
    who.add_argument("--issuer", metavar="URI", help="iss of the client JWTs, as the service knows it")
    who.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="private keys, PEM or JWK or a set of these; made there if the file is not there yet",
    )
    who.add_argument("--jwks-file", type=Path, metavar="FILE", help="write the public key set here")
    who.add_argument(
        "--jwks-port", type=_port, metavar="PORT", help="serve it as http://127.0.0.1:PORT/jwks.json during the run"
    )
    who.add_argument("--tenant", metavar="NAME", help="tenant claim of every token; any other must then be refused")
    fhir = parser.add_argument_group("FHIR access")
    fhir.add_argument(
        "--fhir-port",
        type=_port,
        metavar="PORT",
        help="the tester's FHIR server is http://127.0.0.1:PORT/fhir; the service must be told to trust it",
    )
    run = parser.add_argument_group("the run")
    run.add_argument(
        "--wait",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="for a service that is started after the tester, so that it finds the keys and the FHIR server",
    )
    run.add_argument("--log", type=Path, metavar="FILE", help="log of the service, searched for tokens at the end")
    run.add_argument("--origin", default=SANDBOX, metavar="URL", help="of a browser that may call (%(default)s)")
    run.add_argument(
        "--repeats", type=_count, default=20, metavar="N", help="identical calls per service (%(default)d)"
    )
    run.add_argument("--timed", type=_count, default=40, metavar="N", help="calls that are timed (%(default)d)")
    run.add_argument(
        "--budget",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="longest answer, whatever the FHIR server does (%(default)g)",
    )


def what_lacks(options: argparse.Namespace) -> str:
    """What must be given beside what was given, in a sentence; empty where nothing is missing."""
    of_keys = {"--key": options.key, "--jwks-file": options.jwks_file, "--jwks-port": options.jwks_port}
    if options.issuer is None:
        named = [name for name, value in (of_keys | {"--tenant": options.tenant}).items() if value is not None]
        return f"{', '.join(named)}: of use with --issuer only" if named else ""
    if all(value is None for value in of_keys.values()):
        return "--issuer needs --key, --jwks-file or --jwks-port: how else is the service to know the key?"
    return ""


def equipment_of(options: argparse.Namespace) -> Equipment:
    """What was given."""
    return Equipment(
        issuer=options.issuer,
        key=options.key,
        jwks_file=options.jwks_file,
        jwks_port=options.jwks_port,
        fhir_port=options.fhir_port,
        tenant=options.tenant,
        log=options.log,
    )


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be from 1 to 65535")
    return number


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("must be from 1 to 1000")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError("must be above 0, and at most 600")
    return seconds
