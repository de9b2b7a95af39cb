"""`python -m cds_service.recording.recorded_ids KEY_FILE`: patient ids -> those in recordings, where a person asks.

Ids come from standard input, one in a line, and the key from its file: neither stands in a list of processes.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from cds_service.recording.key import key_file, read_key
from fhir_mappings.disguise.person import Disguise


def recorded_ids(lines: Iterable[str], key: bytes, client: str) -> Iterator[str]:
    """One for each line that is not blank. client: its name in the clients file, "" without one."""
    for line in lines:
        if patient := line.strip():
            yield Disguise(key, patient, date.today(), client).id(patient)  # noqa: DTZ011  # no id depends on the day


def main() -> int:
    """Exit status: 0; 1 the key cannot be used; 2 wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m cds_service.recording.recorded_ids")
    parser.add_argument("key", type=Path, metavar="KEY_FILE", help="what CDS_RECORD_KEY_FILE names")
    parser.add_argument("--client", default="", help="whose patients: the name in the clients file; none without one")
    options = parser.parse_args()
    try:
        key = read_key(key_file(str(options.key)))
    except ValueError as error:
        print(f"{options.key}: {error}", file=sys.stderr)
        return 1
    for each in recorded_ids(sys.stdin, key, options.client):
        print(each, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
