"""The commands and files of a page in Markdown, each under its name, and bash to run them as a reader would."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.running import ROOT

_NAMED: Final = re.compile(r"<!-- (run|file): ([\w.-]+) -->\n```(\w+)\n(.*?)\n```", re.DOTALL)
_ANY: Final = re.compile(r"^```(\w+)$", re.MULTILINE)
# What a machine that runs the tests need not have
_TOOLS: Final = ("curl", "jq", "openssl", "pg_dump", "pg_restore")
# As each page writes it, for a service that listens elsewhere here
_ADDRESS: Final = "http://127.0.0.1:8000"


class Page:
    """commands, files: by the name that stands above each. unnamed: languages of what has no name."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text("utf-8")
        found = [match.groups() for match in _NAMED.finditer(self.text)]
        self.commands = {name: text for kind, name, _, text in found if kind == "run"}
        self.files = {name: text for kind, name, _, text in found if kind == "file"}
        self.unnamed = _ANY.findall(_NAMED.sub("", self.text))


@dataclass(frozen=True, slots=True)
class Shell:
    """bash in a folder of its own, where `cobalamin-cds` and `python` are those of this environment, and `in_service`
    is for a service whose settings are those of the shell."""

    folder: Path
    port: int = 0

    def put(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text + "\n", "utf-8")
        return self.folder / name

    def tool(self, name: str, script: str) -> None:
        """Put a command into the folder of commands that are found first."""
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        file.chmod(0o755)

    def run(self, command: str, **variables: str) -> str:
        """What it writes to standard output, with single blanks, since lines end where they are long. AssertionError
        where it does not end well, or a part of a pipe does not. Skips where this machine has no such tool."""
        for name in _TOOLS:
            if re.search(rf"\b{name}\b", command) and shutil.which(name) is None:
                pytest.skip(f"{name} is not installed")
        tools = self.folder / "bin"
        if not tools.exists():
            tools.mkdir()
            for name, what in (("python", ""), ("python3", ""), ("cobalamin-cds", "-m cds_service")):
                self.tool(name, f'PYTHONPATH={ROOT} exec {sys.executable} {what} "$@"')
            self.tool("in_service", 'exec "$@"')
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CDS_", "PYTHON"))}
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", command.replace(_ADDRESS, f"http://127.0.0.1:{self.port}")],
            cwd=self.folder,
            env=clean
            | {"PATH": f"{tools}:{clean['PATH']}", "COLUMNS": "300"}
            | variables,  # no word of it breaks a line
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if "server version mismatch" in done.stderr:
            pytest.skip("pg_dump is older than the server")
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return " ".join(done.stdout.split())
