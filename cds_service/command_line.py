"""What a person may type: verbs, options, and the form of each. Knows argparse; what a verb does is known elsewhere."""

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path


def command_line(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. arguments: those that it will read; the options of the tester are loaded for who asks for them."""
    parser = argparse.ArgumentParser(prog="cobalamin-cds", description="A CDS Hooks service for vitamin B12.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    server = verbs.add_parser("serve", help="run the service")
    server.add_argument("--host", default="127.0.0.1")
    server.add_argument("--port", type=_port, default=8000)
    server.add_argument("--workers", type=_positive, default=os.cpu_count() or 1)
    shown = verbs.add_parser("demo", help="send the shipped requests through the real service and print the cards")
    shown.add_argument("--json", action="store_true", help="requests and answers, for a program")
    tester = verbs.add_parser("conformance", help="test any CDS Hooks service over HTTP, one line per requirement")
    if "conformance" in arguments[:1]:
        from cds_service.conformance.command import add_options  # noqa: PLC0415

        add_options(tester)
    again = verbs.add_parser("replay", help="decide recorded requests with the knowledge installed; tell what changed")
    again.add_argument("file", type=Path, metavar="FILE.ndjson", help="a recording, or several in one file")
    again.add_argument("--workers", type=_processes, default=os.cpu_count() or 1, help="processes (all cores)")
    again.add_argument("--out", type=Path, metavar="FILE", help="write each request that changed, a line of JSON each")
    again.add_argument("--json", action="store_true", help="the result for a program, instead of the table")
    verbs.add_parser("docs", help="rewrite the generated tables of README.md and docs/ in the current folder")
    forget = verbs.add_parser("forget", help="delete cards shown and feedback from the database; the service may run")
    forget.add_argument("--before", type=_day, help="what was shown or received before this day (YYYY-MM-DD, UTC)")
    forget.add_argument("--client", help="what is of this client, by its name in the clients file")
    forget.add_argument(
        "--recordings",
        type=Path,
        metavar="DIR",
        help="the folder of the recordings (CDS_RECORD_DIR, where that is set)",
    )
    check = verbs.add_parser("check", help="load settings and knowledge; report faults and what awaits review")
    check.add_argument("--tables", action="store_true", help="list every table to sign, with its version")
    check.add_argument("--json", action="store_true", help="everything, for a program")
    check.add_argument("--migrate", action="store_true", help="first make the tables of the database, or migrate them")
    return parser


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)


def _processes(text: str) -> int:
    number, most = _positive(text), 4 * (os.cpu_count() or 1)
    if number > most:
        raise argparse.ArgumentTypeError(f"must be at most {most} here, four for each core")
    return number


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
