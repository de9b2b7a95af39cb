"""Defects that tests of the fuzz plant to see them found. Knows which function of the service each one spoils."""

from typing import Any

import pytest

from cds_service.decide import Decided
from cds_service.hooks import routes
from cds_service.hooks.problems import Problem


def swallow_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refusal of a hook call becomes an empty list of cards."""
    real = routes.decide

    def swallowing(*given: Any) -> Any:
        try:
            return real(*given)
        except Problem:
            return Decided({"cards": []})

    monkeypatch.setattr(routes, "decide", swallowing)
