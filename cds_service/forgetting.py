"""The verb `forget`: what an operator who deletes is told, above all where nothing was deleted. Knows no SQL."""

from datetime import datetime
from pathlib import Path

from cds_service.recording.files import forget_files
from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.database import Database
from cds_service.records.forget import Forgotten, clients_on_record, forget
from cds_service.records.place import default_url
from cds_service.settings import Settings
from cds_service.trust.clients_file import ClientsError, read_clients


class ForgetError(Exception):
    """What was asked for was not done; the message says why."""


def forgetting(settings: Settings, before: datetime | None, client: str | None, recordings: Path | None = None) -> str:
    """Delete by age, by client or both, and say what is gone. recordings: their folder. ForgetError."""
    if before is None and client is None:
        raise ForgetError("say what: --before, --client or both")
    if client is not None and client.strip() == "":
        # It is the name under which everybody is kept who came without a clients file; and of a shell's empty variable
        raise ForgetError("--client is empty; what came without a clients file goes by --before alone")
    files, stay = _recordings(recordings, before if client is None else None)
    database = Database(settings.database_url or default_url())
    try:
        if database.revision() is None:
            nothing = f"nothing is kept at {database.place}"
            if recordings is None or client is not None or stay:
                raise ForgetError(f"{nothing}{files}{stay}")
            return f"deleted: {files.removeprefix('; ')}; {nothing}"
        gone = forget(database, before=before, client=client)
        told = "" if client is None else _told_of(client, gone, settings, database)
    except DatabaseUnfitError as error:
        raise ForgetError(f"not done: {database.place}: {error}") from None
    except DatabaseAwayError as error:
        raise ForgetError(f"not finished, run it again: {error}") from None
    finally:
        database.close()
    cards = f"{gone.cards} {'card' if gone.cards == 1 else 'cards'} shown"
    feedback = f"{gone.feedback} {'item' if gone.feedback == 1 else 'items'} of feedback"
    done = f"deleted: {cards}, {feedback} ({database.place}){files}{told}"
    if stay:
        raise ForgetError(f"{done}{stay}")
    return done


def _recordings(folder: Path | None, before: datetime | None) -> tuple[str, str]:
    """What was deleted of recorded requests, and what stays that should not. They are kept without their client: they
    go by age alone. ForgetError."""
    if folder is None:
        return "", ""
    if before is None:
        return "; recorded requests name no client and stay: they go by --before alone", ""
    try:
        gone, left = forget_files(folder, before)
    except OSError as error:
        raise ForgetError(f"recorded requests are not deleted, and nothing else is: {error.strerror}") from None
    stay = f"; not all of the recordings: {left} in their folder stay, no plain files or not to be deleted"
    return f"; {gone} {'file' if gone == 1 else 'files'} of recorded requests", stay if left else ""


def _told_of(client: str, gone: Forgotten, settings: Settings, database: Database) -> str:
    """What is to be known beside the counts. ForgetError where nobody has this name: another one was meant.

    Seen after deleting, which also does what an earlier run left undone.
    """
    on_record, in_file = clients_on_record(database), _in_file(settings)
    if gone == Forgotten(0, 0) and client not in on_record | in_file:
        others = ", ".join(sorted(on_record - {""})) or "no client by name"
        raise ForgetError(
            f"nothing was there to delete: no sound clients file names {client}, and the records know {others}"
        )
    return "; the clients file still names it, and what it sends is kept as before" if client in in_file else ""


def _in_file(settings: Settings) -> frozenset[str]:
    """Names in the clients file; none where it has faults, which `check` tells."""
    try:
        return frozenset(entry.name for entry in read_clients(settings.clients)) if settings.clients else frozenset()
    except ClientsError:
        return frozenset()
