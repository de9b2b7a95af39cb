"""How the database stands, for `check`. Looks only: makes no file and no table, and shows no user and no password."""

from dataclasses import dataclass

from cds_service.records.database import Database, DatabaseAwayError
from cds_service.records.place import default_url
from cds_service.records.schema import HEAD


@dataclass(frozen=True, slots=True)
class Records:
    """place, state: words for a person. fault: feedback could not be stored like this."""

    place: str
    state: str
    fault: bool


def look(url: str | None) -> Records:
    """The database at a URL that was read from the settings; None is the default place."""
    database = Database(url or default_url())
    try:
        revision = database.revision()
    except DatabaseAwayError as error:
        return Records(database.place, f"not reached: {error}", fault=True)
    finally:
        database.close()
    match revision:
        case None:
            return Records(database.place, "without tables, which the first start makes", fault=False)
        case found if found == HEAD:
            return Records(database.place, "up to date", fault=False)
        case found if found < HEAD:
            return Records(database.place, "older, and the next start migrates it", fault=False)
        case _:
            return Records(database.place, "made by a newer version of this service", fault=True)
