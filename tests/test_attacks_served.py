"""The table of attacks over real sockets: two workers under gunicorn, a clock that runs, one connection for each call.

What the server in front of the service makes of a header is part of what is attacked; and so is a memory of tokens that
two processes share. Scenes that stand or fall with one second need the clock that stands still (test_attacks.py).
"""

import http.client
import json
import time
from pathlib import Path
from uuid import uuid4

from tests.attacks.attack import Attack, Call
from tests.attacks.stage import body, sent
from tests.attacks.table import EXPECTED, SCENES
from tests.attacks.victims import victims
from tests.signing import BASE
from tests.test_serve_clients import Running, running

# Of the server and its moment: the rest of an answer is the service's
VARYING = {"Date", "X-Request-Id"}
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]


def _ask(service: Running, call: Call, request_id: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", int(service.base.rpartition(":")[2]), timeout=20)
    try:
        headers = sent(call, int(time.time()), request_id)
        connection.putrequest(call.method, call.path, skip_host="Host" in dict(headers), skip_accept_encoding=True)
        for name, value in (*headers, ("Content-Length", str(len(body(call))))):
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body(call))
        answer = connection.getresponse()
        kept = tuple((name, value) for name, value in answer.getheaders() if name not in VARYING)
        return answer.status, kept, answer.read()
    finally:
        connection.close()


def test_each_attack_ends_at_a_real_server_as_it_does_without_one(tmp_path: Path) -> None:
    asked: dict[str, str] = {}  # request id of the last call of a scene -> its name
    refusals: set[Answer] = set()
    with running(tmp_path, CDS_CLIENTS=str(victims(tmp_path)), CDS_PUBLIC_URL=BASE) as service:
        for scene in SCENES.values():
            if scene.to_the_second:
                continue
            *first, last = (*scene.before, scene.call) if isinstance(scene, Attack) else scene.calls
            assert [_ask(service, call, uuid4().hex)[0] for call in first] == [200] * len(first), scene.name
            request_id = uuid4().hex
            answer = _ask(service, last, request_id)
            assert answer[0] == (401 if isinstance(scene, Attack) else 200), scene.name
            asked[request_id] = scene.name
            if isinstance(scene, Attack):
                refusals.add(answer)
    assert len(refusals) == 1
    lines = [json.loads(line) for line in service.said.splitlines()]
    notes = {asked[line["request"]]: line.get("note", "let in") for line in lines if line.get("request") in asked}
    assert notes == {name: EXPECTED[name] for name in asked.values()}
    assert "eyJ" not in service.said
