"""The four tables as CSV: their columns in English and Chinese, rows read one by one, and why one was refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

COLUMNS: dict[str, dict[str, str]] = {
    "department": {"code": "组织编号", "name": "组织名称", "parentCode": "上级编号", "admin": "管理员"},
    "volunteer": {
        "vcode": "志愿者编号", "name": "姓名", "idcardtype": "证件类型", "idcard": "证件号码", "mphone": "手机",
        "email": "邮箱", "education": "学历", "job": "职业", "political": "政治面貌", "address": "地址",
    },
    "duration": {
        "name": "姓名", "idcard": "证件号码", "activity": "活动名称", "address": "活动地点", "value": "时长",
        "signInTime": "签到时间", "signOutTime": "签退时间",
    },
    "hisduration": {
        "name": "姓名", "idcard": "证件号码", "activity": "活动名称", "address": "活动地点", "value": "时长",
        "signInTime": "服务时间",
    },
}  # fmt: skip
NEEDED = {
    "department": ("code", "name"),
    "volunteer": ("name", "idcard"),
    "duration": ("name", "idcard", "activity", "value", "signInTime"),
    "hisduration": ("name", "idcard", "activity", "value", "signInTime"),
}
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
Row = Mapping[str, str]


class TableRefused(Exception):
    """A file as a whole cannot be read; says which and what to do, in Chinese."""


@dataclass(frozen=True)
class Refusal:
    """One row that was not taken: where it stands, by what rule, and in words what to mend. No personal data."""

    table: str
    line: int
    rule: str
    text: str


class RowRefused(Exception):
    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


def rows(path: Path, table: str) -> Iterator[tuple[int, Row]]:
    """(line, row by the feed's column names); UTF-8 with or without mark, or GB18030 as Excel here saves it.

    Raises TableRefused when the heading lacks a column that is needed.
    """
    with path.open(encoding=_encoding(path), newline="") as stream:
        reader = csv.reader(stream)
        names = _names(next(reader, []), path, table)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                padded = [*cells, *[""] * (len(names) - len(cells))]
                yield reader.line_num, {name: cell.strip() for name, cell in zip(names, padded, strict=False) if name}


def count(path: Path) -> int:
    """About how many rows, for the progress bar."""
    with path.open("rb") as stream:
        return max(0, sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b"")) - 1)


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time as people there write it; None when empty. Raises RowRefused."""
    if not text:
        return None
    for form in TIMES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
    raise RowRefused("time", f"时间“{text[:20]}”看不懂，应写成 2017-11-30 08:30")


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        try:
            for _ in io.TextIOWrapper(stream, encoding="utf-8-sig"):
                continue
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _names(heading: list[str], path: Path, table: str) -> list[str]:
    known = {chinese: english for english, chinese in COLUMNS[table].items()}
    known |= {english.lower(): english for english in COLUMNS[table]}
    names = [known.get(cell.strip(), known.get(cell.strip().lower(), "")) for cell in heading]
    missing = [f"{COLUMNS[table][name]}（{name}）" for name in NEEDED[table] if name not in names]
    if missing:
        raise TableRefused(f"{path.name} 第一行缺少这些列：{'、'.join(missing)}。")
    return names
