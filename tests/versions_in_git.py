"""Every version that a table had, by the history of the repository: what history.toml is held against."""

import subprocess
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
KNOWLEDGE = "cds_service/knowledge"


class NoHistoryError(Exception):
    """This is no checkout with its whole history. The message is for a person."""


def versions_in_git(tables: Iterable[str]) -> dict[str, dict[str, date]]:
    """By table: each fingerprint that its files had at a commit, the oldest first, with the day of that commit.

    NoHistoryError without git, without a repository, and in a shallow one.
    """
    if not (ROOT / ".git").exists() or _git("rev-parse", "--is-shallow-repository").strip() != b"false":
        raise NoHistoryError("HISTORY NOT HELD AGAINST GIT: this is no checkout with all its commits")
    return {table: _versions(_files(table)) for table in tables}


def _files(table: str) -> tuple[str, ...]:
    """Those of a rule, of numbers or of doses, in the order in which sign_off.py reads them."""
    folder, _, name = table.rpartition("/")
    if folder == "rules":
        return f"{KNOWLEDGE}/rules/{name}.py", f"{KNOWLEDGE}/wording/{name}.toml"
    return (f"{KNOWLEDGE}/{table}.toml",)


def _versions(files: tuple[str, ...]) -> dict[str, date]:
    found: dict[str, date] = {}
    for line in _git("log", "--reverse", "--format=%H %as", "--", *files).decode().splitlines():
        commit, _, day = line.partition(" ")
        digest = sha256()
        for path in files:
            if path in _git("ls-tree", "--name-only", commit, path).decode().splitlines():
                digest.update(f"{Path(path).name}\0".encode())
                digest.update(_git("show", f"{commit}:{path}"))
        found.setdefault(digest.hexdigest()[:12], date.fromisoformat(day))
    return found


def _git(*arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        raise NoHistoryError("HISTORY NOT HELD AGAINST GIT: git is not to be had, or did not answer") from None
