"""A process keeps nothing of the calls that it has answered. `python -m tests.benchmarks.kept` looks for longer."""

import json
import subprocess
import sys
from pathlib import Path

CALLS = 200
# A process of its own: it is a worker for the rest of its life
PROGRAM = f"""
import json, sys, tempfile
from pathlib import Path
from tests.benchmarks.kept import answers, kept
with tempfile.TemporaryDirectory() as folder:
    found = {{}}
    for name, answer in answers(Path(folder)):
        kept(answer, {CALLS})
        # Cards that a busy machine has not written yet are no objects that stay: those are there with each look
        more = kept(answer, {CALLS})[0]
        found[name] = more if more < {CALLS} else min(more, kept(answer, {CALLS})[0])
    print(json.dumps(found))
"""


def test_no_object_of_a_call_outlives_it() -> None:
    root = Path(__file__).parents[1]
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=True)
    more = json.loads(ran.stdout)
    assert set(more) == {"out of scope", "irrelevant chart", "full"}
    assert {name: number for name, number in more.items() if number >= CALLS} == {}
