"""The data folder is one supervisor's at a time, private, and its logs do not grow for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.processes.data_folder import DataFolder, Unusable, empty, port_in_use, private_folder, turn_over


def test_one_holder_at_a_time_and_the_next_is_told_who(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")
    first.open()
    first.sign(8123)
    assert port_in_use(tmp_path / "data") == 8123
    with pytest.raises(Unusable, match=f"进程 {os.getpid()}，端口 8123"):
        second.open()
    first.close()
    assert port_in_use(tmp_path / "data") is None
    second.open()
    assert not second.left_in_a_hurry
    second.close()


def test_a_holder_that_was_killed_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text('{"pid": 1, "port": 8000, "since": "then"}')
    folder = DataFolder(tmp_path)
    folder.open()
    assert folder.left_in_a_hurry
    folder.close()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\0" * 50])
def test_whatever_stands_in_the_lock_file_is_no_obstacle(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.lock").write_text(content)
    folder = DataFolder(tmp_path)
    folder.open()
    assert not folder.left_in_a_hurry
    folder.close()


def test_a_private_folder_is_nobody_elses(tmp_path: Path) -> None:
    mine = private_folder(tmp_path / "mine")
    assert mine.stat().st_mode & 0o777 == 0o700
    assert private_folder(mine) == mine
    mine.chmod(0o755)
    with pytest.raises(Unusable, match="别人也能进入"):
        private_folder(mine)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(Unusable):
        private_folder(tmp_path / "link")


def test_emptying_takes_everything(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert list(empty(tmp_path / "a").iterdir()) == []


def test_a_long_log_is_turned_over_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        turn_over(log, limit=1000)
        assert log.exists() and (tmp_path / "web.log.1").exists() is False
        turn_over(log, limit=100)
        writer.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"old\n" * 100
