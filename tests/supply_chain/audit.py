"""Known weaknesses of what is locked, by pip-audit. Knows the locks; says so when its data cannot be had.

Exit status: 0 nothing known, 1 something known, 2 could not be audited. An index that strips the advisories (many
mirrors do) makes pip-audit find nothing in anything: so it is asked first about a version that is known to be weak.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from tests.supply_chain.lock import DEV, SERVICE, pins

# CVE-2018-18074, since 2018 in every database
CONTROL: Final = "requests==2.19.0"
_SOURCES: Final = ("pypi", "osv")
_SECONDS: Final = 120


class NotAuditedError(Exception):
    """Nothing can be said. The message is for a person."""


def audit(requirements: Iterable[str], source: str) -> dict[str, Any]:
    """pip-audit's report, from one of its sources. NotAuditedError."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{each}\n" for each in requirements), "utf-8")
        command = [
            *(sys.executable, "-m", "pip_audit", "-r", str(listed), "--no-deps", "--disable-pip", "-s", source),
            *("--format", "json", "--progress-spinner", "off", "--timeout", "15", "--cache-dir", f"{folder}/cache"),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
            return dict(json.loads(done.stdout))
        except subprocess.TimeoutExpired:
            raise NotAuditedError(f"{source}: no answer in {_SECONDS} seconds") from None
        except ValueError:
            last = done.stderr.strip().splitlines()[-1:] or ["no report"]
            raise NotAuditedError(f"{source}: {last[0].partition(':')[0]}") from None


def weaknesses(report: dict[str, Any]) -> list[str]:
    """`name version: id, mended in version`, one for each. NotAuditedError where a package was passed over."""
    passed_over = sorted(each["name"] for each in report["dependencies"] if "skip_reason" in each)
    found = [
        f"{each['name']} {each['version']}: {known['id']}, mended in {', '.join(known['fix_versions']) or 'no version'}"
        for each in report["dependencies"]
        for known in each.get("vulns", ())
    ]
    if passed_over and not found:
        raise NotAuditedError(f"passed over: {', '.join(passed_over)}")
    return found


def source_at_hand(ask: Callable[[Iterable[str], str], dict[str, Any]] = audit) -> str:
    """The first source that knows the control to be weak. NotAuditedError with what each one said."""
    said: list[str] = []
    for source in _SOURCES:
        try:
            if weaknesses(ask([CONTROL], source)):
                return source
            said.append(f"{source}: knows nothing of {CONTROL}")
        except NotAuditedError as error:
            said.append(str(error) if str(error).startswith(source) else f"{source}: {error}")
    raise NotAuditedError("; ".join(said))


def main() -> int:
    """Everything that is locked, once."""
    service = pins(SERVICE)
    try:
        source = source_at_hand()
        found = weaknesses(audit((f"{pin.name}=={pin.version}" for pin in pins(DEV).values()), source))
    except NotAuditedError as error:
        print(f"NOT AUDITED: the data of known weaknesses cannot be had here ({error})", file=sys.stderr)
        return 2
    for each in found:
        print(f"{'SERVICE' if each.split()[0] in service else 'tests only'}: {each}", file=sys.stderr)
    if not found:
        print(f"audited by {source}: nothing known against any locked version")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
