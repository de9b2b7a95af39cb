"""Where requests are recorded and under which key: both, private and random, or the start is refused."""

import os
from pathlib import Path
from random import Random

import pytest

from cds_service.recording.key import read_key
from cds_service.settings import read_settings
from tests.test_settings import faults
from tests.test_start_refused import said

KEY = b"f3a91c5577de0b8842d1e6f09a3b7c24"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (found := tmp_path / "recordings").mkdir(mode=0o700)
    return found


def key_of(tmp_path: Path, content: bytes = KEY, mode: int = 0o600) -> Path:
    (found := tmp_path / "site.key").write_bytes(content)
    found.chmod(mode)
    return found


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_folder_and_a_private_key_are_taken(folder: Path, tmp_path: Path, mode: int) -> None:
    key = key_of(tmp_path, KEY + b"\n", mode)
    settings = read_settings({"CDS_RECORD_DIR": str(folder), "CDS_RECORD_KEY_FILE": str(key)})
    assert (settings.record_dir, settings.record_key) == (folder, key)
    assert read_key(key) == KEY, "the end of its line is none of it"


def test_one_without_the_other_is_a_fault(folder: Path, tmp_path: Path) -> None:
    said = "CDS_RECORD_DIR and CDS_RECORD_KEY_FILE are needed together: ids are recorded under the site's key"
    assert faults(CDS_RECORD_DIR=str(folder)) == (said,)
    assert faults(CDS_RECORD_KEY_FILE=str(key_of(tmp_path))) == (said,)


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (KEY, 0o640, "names a file that others than its owner may use"),
        (KEY, 0o604, "names a file that others than its owner may use"),
        (KEY[:-1], 0o600, "does not hold 32 to 4096 bytes"),
        (KEY[:-1] + b"\n", 0o600, "does not hold 32 to 4096 bytes"),
        (KEY * 200, 0o600, "does not hold 32 to 4096 bytes"),
        (b"", 0o600, "does not hold 32 to 4096 bytes"),
        (b"changeme" * 8, 0o600, "is not random"),
        (b"a" * 31 + b"bcdefghijk", 0o600, "is not random"),
    ],
)
def test_a_key_that_is_none_is_refused_and_not_shown(
    folder: Path, tmp_path: Path, content: bytes, mode: int, said: str
) -> None:
    key = key_of(tmp_path, content, mode)
    (fault,) = faults(CDS_RECORD_DIR=str(folder), CDS_RECORD_KEY_FILE=str(key))
    assert fault.startswith("CDS_RECORD_KEY_FILE names a file ")
    assert said in fault
    assert content == b"" or content.decode()[:8] not in fault


def test_what_is_no_file_is_no_key(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "nothing"):
        assert faults(CDS_RECORD_DIR=str(folder), CDS_RECORD_KEY_FILE=str(path)) == (
            "CDS_RECORD_KEY_FILE names a file that cannot be read",
        )


def test_a_folder_that_is_none_or_open_to_all_is_refused(folder: Path, tmp_path: Path) -> None:
    key = key_of(tmp_path)
    for path in (key, tmp_path / "nothing"):
        assert faults(CDS_RECORD_DIR=str(path), CDS_RECORD_KEY_FILE=str(key)) == (
            "CDS_RECORD_DIR names no folder that can be written",
        )
    for mode in (0o705, 0o770, 0o710):
        folder.chmod(mode)
        (fault,) = faults(CDS_RECORD_DIR=str(folder), CDS_RECORD_KEY_FILE=str(key))
        assert fault.startswith("CDS_RECORD_DIR names a folder that others than its owner may use")


def test_a_key_that_lies_with_the_recordings_is_refused(folder: Path, tmp_path: Path) -> None:
    key = key_of(folder)
    (tmp_path / "elsewhere.key").symlink_to(key)
    for path in (key, tmp_path / "elsewhere.key", folder / ".." / folder.name / key.name):
        (fault,) = faults(CDS_RECORD_DIR=str(folder), CDS_RECORD_KEY_FILE=str(path))
        assert fault.startswith("CDS_RECORD_KEY_FILE lies in CDS_RECORD_DIR")


def test_a_key_that_openssl_makes_is_random_enough(tmp_path: Path) -> None:
    draw = Random(1)  # noqa: S311 - to have the same keys each time
    for _ in range(2000):
        path = key_of(tmp_path, draw.randbytes(16).hex().encode())
        assert len(read_key(path)) == 32


def test_a_service_that_records_says_so_when_it_starts(folder: Path, tmp_path: Path) -> None:
    (words,) = said("127.0.0.1", record_dir=str(folder), record_key_file=str(key_of(tmp_path)))
    assert words.startswith("decided calls are recorded in CDS_RECORD_DIR: pseudonymous")
