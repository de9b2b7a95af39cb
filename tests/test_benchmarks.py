"""The benchmarks still fit the service: steps run on real tokens, clocks count, and their tables can be read."""

import os
import time
from threading import Event, Thread

from tests.benchmarks import hooks
from tests.benchmarks.authentication import ALGORITHMS, CALLS, parts, report
from tests.benchmarks.server import processor_seconds
from tests.benchmarks.write_down import NAMES, PAGES, with_table


def test_each_step_of_a_token_is_measured_and_both_tables_are_whole() -> None:
    steps = parts(count=3)
    assert {algorithm for _, algorithm in steps} == set(ALGORITHMS)
    ways = {"empty": 0.001, "none": 0.002, "ES384": 0.003, "RS384": 0.0025}
    lines = report({(name, way): cost for name in CALLS for way, cost in ways.items()}, steps).splitlines()
    assert "| out of scope | 1000 | 2000 | 3000 (1.50) | 2500 (1.25) |" in lines
    assert "| what the token adds | | | 1000 to 1000 | 500 to 500 |" in lines
    cells = [line.count("|") for line in lines if line != ""]
    assert cells == [6] * 5 + [4] * (2 + len(steps) // 2)


def test_a_machine_that_is_slower_in_one_round_does_not_bear_on_the_ratio() -> None:
    names = ("out of scope", "irrelevant chart", "full", "longer")
    used = {(name, who): [cost, 10 * cost, cost] for name in names for who, cost in (("ours", 0.002), ("empty", 0.001))}
    used["full", "empty"] = [0.001, 0.001, 0.010]
    used["longer", "ours"], used["longer", "empty"] = [0.005, 0.023, 0.005], [0.011, 0.007, 0.020]
    lines = list(hooks.report(used, dict.fromkeys(names, b" " * 2048)))
    assert "| out of scope, 2 KB: requests per processor second | 2000.0 | 1000.0 | 0.50 | at least 1.1 |" in lines
    assert "| full, 2 KB: requests per processor second | 2000.0 | 1000.0 | 0.50 | at least 0.4 |" in lines
    assert lines[-1] == "| each further irrelevant Observation: processor time | 3.0 | 10.0 | 0.30 | at most 0.4 |"
    assert [line.count("|") for line in lines] == [6] * 6


def test_processor_time_is_counted_finely_and_of_all_threads() -> None:
    done, over = Event(), Event()

    def work() -> None:
        began = time.thread_time()
        while time.thread_time() < began + 0.02:
            pass
        done.set()
        over.wait(10)  # a thread that has ended is not counted

    before = processor_seconds(os.getpid())
    thread = Thread(target=work)
    thread.start()
    done.wait(10)
    used = processor_seconds(os.getpid()) - before
    over.set()
    thread.join()
    assert 0.015 < used < 0.1


def test_each_table_has_its_place_and_is_put_there() -> None:
    pages = [page.read_text("utf-8") for page in PAGES]
    for name in NAMES:
        assert with_table(pages[0], name, "| anew |") != pages[0], name
    written = [name for name in NAMES if with_table(pages[1], name, "| anew |") != pages[1]]
    assert written == ["hooks", "authentication"]
    page = "before\n<!-- hooks -->\n\n| old |\n\n<!-- end of hooks -->\nafter"
    assert with_table(page, "hooks", "| anew |") == page.replace("old", "anew")
    assert with_table(page, "growth", "| anew |") == page
