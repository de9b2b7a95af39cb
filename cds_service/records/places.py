"""A place to wait for the database, beside the calls that work. Knows threads; no SQL."""

from collections.abc import Iterator
from contextlib import contextmanager

from cds_service.records.away import DatabaseAwayError
from cds_service.waiting import Share


@contextmanager
def placed(share: Share) -> Iterator[None]:
    """Wait for the database inside this block. DatabaseAwayError at once where too many do already: who waited all the
    same would do so in the turn of a hook call, which needs no database."""
    with share.place() as given:
        if not given:
            raise DatabaseAwayError(TimeoutError(), "too many calls wait for it")
        yield
