"""Which version of the service this is. Knows the installed package."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """As pyproject.toml has it; `unreleased` when run from a checkout that is not installed."""
    try:
        return version("cobalamin-cds")
    except PackageNotFoundError:
        return "unreleased"
