"""What a person sees where a page is missing or was asked for in the wrong way. Knows Flask; no cause."""

from collections.abc import Callable

from flask import Response

from cds_service.pages.page import page


def problem_page(version: str) -> Callable[[int, str], Response]:
    """Status and text -> the page that says so. version: of the knowledge."""

    def made(status: int, text: str) -> Response:
        response = page("problem.html", version, text=text, status=status)
        response.status_code = status
        return response

    return made
