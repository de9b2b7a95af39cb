"""The command line of the tester: its options, its progress, its exit status. Knows no assertion."""

import argparse
import json
from pathlib import Path
from typing import TextIO

from cds_service.conformance.assertion import load_assertions
from cds_service.conformance.bench import Bench, set_up
from cds_service.conformance.bench_options import add_bench_options, equipment_of, what_lacks
from cds_service.conformance.exact import Number
from cds_service.conformance.profile import DEFAULT, PROFILES, Profile
from cds_service.conformance.report import as_json, as_junit, as_table
from cds_service.conformance.run import GROUPS, Outcome, UnreachableError, run
from cds_service.conformance.signer import KeyFileError
from cds_service.conformance.subject import Json, Subject, WrongUrlError, base_of
from cds_service.conformance.trial import Options
from cds_service.terminal import progress

_LETTERS = "".join(group.letter for group in GROUPS)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Tests any CDS Hooks service over HTTP with calls about made-up patients, and prints one line for each of "
        f"{len(load_assertions())} requirements. FAIL breaks a SHALL; WARN breaks less; NOT SEEN could not be tested, "
        "and the line beneath says what for."
    )
    parser.epilog = (
        "Exit status: 0 no SHALL is broken; 1 one is, or nothing answers; 2 wrong command line; 3 none is seen to be "
        "broken, but no card came, so that nothing was found out about cards."
    )
    parser.add_argument("url", type=_base, metavar="URL", help="base of the service, with or without /cds-services")
    parser.add_argument("--profile", choices=tuple(PROFILES), default=DEFAULT, help="the kind of client (%(default)s)")
    parser.add_argument(
        "--group",
        type=_letters,
        default=frozenset(_LETTERS),
        metavar="A,B",
        help=f"only these groups, of {_LETTERS[0]} to {_LETTERS[-1]}",
    )
    parser.add_argument(
        "--request",
        type=_request,
        action="append",
        default=[],
        metavar="FILE",
        help="a hook request of your own, as JSON; may be given again",
    )
    parser.add_argument(
        "--header",
        type=_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="sent with every request; may be given again",
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="of one request (%(default)g)"
    )
    add_bench_options(parser)
    parser.add_argument("--json", action="store_true", help="the result for a program, instead of the table")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the result as JUnit XML too")


def conformance(options: argparse.Namespace, stream: TextIO, errors: TextIO) -> int:
    """Exit status: 0 no SHALL is broken, 1 one is or nothing answers, 2 a file cannot be written, 3 no card came."""
    if options.junit is not None and not options.junit.resolve().parent.is_dir():
        print(f"conformance: {options.junit}: no such folder", file=errors)
        return 2
    lacking = what_lacks(options)
    if lacking:
        print(f"conformance: {lacking}", file=errors)
        return 2
    try:
        with set_up(equipment_of(options)) as bench, progress(errors) as step:
            outcome = run(*_given(options, bench), options.group, step)
    except UnreachableError as reason:
        print(f"conformance: {reason}", file=errors)
        if options.json:
            print(json.dumps({"faults": [f"conformance: {reason}"]}, indent=2), file=stream)
        return 1
    except KeyboardInterrupt:
        print("conformance: interrupted", file=errors)
        return 130
    except KeyFileError as error:
        print(f"conformance: {options.key}: {error}", file=errors)
        return 2
    except OSError as error:
        print(f"conformance: {error.filename or 'the port of a server of the tester'}: {error.strerror}", file=errors)
        return 2
    if options.junit is not None:
        try:
            options.junit.write_bytes(as_junit(outcome))
        except OSError as error:
            print(f"conformance: {options.junit}: {error.strerror}", file=errors)
            return 2
    if options.json:
        print(as_json(outcome), file=stream)
    else:
        as_table(outcome, stream)
    return _status(outcome)


def _status(outcome: Outcome) -> int:
    return 1 if outcome.failed else 3 if outcome.silent else 0


def _given(options: argparse.Namespace, bench: Bench) -> tuple[Subject, Profile, Options]:
    token_for = bench.token_for if bench.signer is not None else None
    subject = Subject(options.url, timeout=options.timeout, headers=dict(options.header), token_for=token_for)
    given = Options(
        own=tuple(options.request),
        bench=bench,
        repeats=options.repeats,
        timed=options.timed,
        budget=options.budget,
        origin=options.origin,
        wait=options.wait,
    )
    return subject, PROFILES[options.profile], given


def _base(text: str) -> str:
    try:
        return base_of(text)
    except WrongUrlError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _letters(text: str) -> frozenset[str]:
    chosen = frozenset(each.strip().upper() for each in text.split(",") if each.strip())
    if not chosen or not chosen <= frozenset(_LETTERS):
        raise argparse.ArgumentTypeError(f"letters of {', '.join(_LETTERS)}, with commas between them")
    return chosen


def _request(text: str) -> tuple[str, Json]:
    path = Path(text)
    try:
        found = json.loads(path.read_text("utf-8"), parse_float=Number)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{path}: no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("hook"), str):
        raise argparse.ArgumentTypeError(f"{path}: no hook request: an object with `hook` is wanted")
    return path.name, found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError("a header is written 'Name: value'")
    return name.strip(), value.strip()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError("must be above 0, and at most 600")
    return seconds
