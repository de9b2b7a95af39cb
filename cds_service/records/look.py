"""How the database stands, for `check`, and making it ready where that is asked for. Shows no user and no password."""

from dataclasses import dataclass

from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.database import Database
from cds_service.records.own_file import doubts
from cds_service.records.place import default_url
from cds_service.records.schema import HEAD


@dataclass(frozen=True, slots=True)
class Records:
    """place, state: words for a person. fault: feedback could not be stored like this."""

    place: str
    state: str
    fault: bool


def look(url: str | None, *, migrate: bool = False) -> Records:
    """The database at a URL that was read from the settings; None is the default place.

    Makes no file and no table, unless migrate: then the tables are there and of this version, or there is a fault.
    """
    database = Database(url or default_url())
    try:
        if migrate:
            database.prepare()
        state, fault = _state(database)
        doubtful = () if database.file is None else doubts(database.file)
    except DatabaseUnfitError as error:
        return Records(database.place, f"of no use as it is: {error}", fault=True)
    except DatabaseAwayError as error:
        return Records(database.place, f"not reached: {error}", fault=True)
    finally:
        database.close()
    return Records(database.place, "; ".join((state, *doubtful)), fault)


def _state(database: Database) -> tuple[str, bool]:
    """In words, and whether it is a fault."""
    revision = database.revision()
    if revision is None:
        return "without tables, which the first start makes", False
    if revision == HEAD:
        return "up to date", False
    if revision < HEAD:
        return "older, and the next start migrates it", False
    if database.serves():
        return "made by a newer version of this service, which left all that this one needs", False
    return "made by a newer version of this service", True
