"""What compose.yaml starts, as real processes: two instances that know the same tokens and keep the same records."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_service.examples import examples
from cds_service.records.database import Database
from cds_service.records.schema import FEEDBACK
from tests.nginx import proxying
from tests.two_instances import TwoInstances, two_instances

SELECT = "/cds-services/b12-order-select"
ORDER = examples(datetime.now(UTC).date())[0].body
TOLD = f"{SELECT}/feedback"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoInstances]:
    with two_instances(tmp_path_factory.mktemp("both")) as started:
        yield started


def test_a_token_that_one_has_seen_the_other_refuses(both: TwoInstances) -> None:
    for first, other in ((0, 1), (1, 0)):
        bearer = both.token(SELECT)
        assert both.post_to(first, SELECT, ORDER, bearer)[0] == 200
        assert [both.post_to(number, SELECT, ORDER, bearer)[0] for number in (other, first)] == [401, 401]
    bearer = both.token(SELECT)
    assert [both.post(SELECT, ORDER, bearer)[0] for _ in range(4)] == [200, 401, 401, 401]


def test_feedback_to_either_is_in_one_database(both: TwoInstances) -> None:
    cards = [both.post_to(number, SELECT, ORDER)[1]["cards"][0]["uuid"] for number in (0, 1)]
    for number, card in ((0, cards[1]), (1, cards[0])):  # each is told of a card that the other has shown
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}
        assert both.post_to(number, TOLD, {"feedback": [item]}) == (200, {"received": 1})
    database = Database(both.database)
    with database.reading() as connection:
        assert set(connection.execute(select(FEEDBACK.c.card)).scalars()) == set(cards)
    database.close()


def test_one_that_is_gone_costs_no_call(both: TwoInstances) -> None:
    """Nor one that ends and comes back: the proxy goes to the other where no connection comes about."""
    both.kill(0)
    assert [both.post(SELECT, ORDER)[0] for _ in range(6)] == [200] * 6
    both.start(0)
    assert both.stop(1) == 0
    assert [both.post(SELECT, ORDER)[0] for _ in range(6)] == [200] * 6
    both.start(1)
    assert [both.post_to(number, SELECT, ORDER)[0] for number in (0, 1)] == [200, 200]


def test_a_call_that_has_been_sent_is_not_sent_to_the_other_too(tmp_path: Path) -> None:
    """Its token is used, and the first may have done what was asked."""
    with hanging_up() as (ports, seen), proxying(tmp_path, *ports) as proxy:
        status, _, _ = proxy.ask("POST", SELECT, b"{}", Content_Type="application/json")
    assert (status, len(seen)) == (503, 1)


@contextmanager
def hanging_up() -> Iterator[tuple[list[int], list[Any]]]:
    """Two services that read what comes and close the connection; their ports, and what each call began with."""
    seen: list[Any] = []

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    seen.append(connection.recv(65536)[:40])

    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        threads = [threading.Thread(target=serve, args=[each]) for each in sockets]
        for thread in threads:
            thread.start()
        try:
            yield [each.getsockname()[1] for each in sockets], seen
        finally:
            for each in sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
