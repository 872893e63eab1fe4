"""Days with names: fixed ones by rule, those of the lunar calendar by table."""

from __future__ import annotations

from datetime import date

LAST_YEAR = 2040

_FIXED = {
    "元旦": (1, 1), "妇女节": (3, 8), "三八节": (3, 8), "学雷锋日": (3, 5), "学雷锋纪念日": (3, 5), "雷锋日": (3, 5),
    "志愿服务日": (3, 5), "植树节": (3, 12), "劳动节": (5, 1), "五一": (5, 1), "五四": (5, 4), "青年节": (5, 4),
    "儿童节": (6, 1), "六一": (6, 1), "七一": (7, 1), "建党节": (7, 1), "八一": (8, 1), "建军节": (8, 1),
    "教师节": (9, 10), "国庆": (10, 1), "国庆节": (10, 1), "国际志愿者日": (12, 5), "志愿者日": (12, 5),
    "平安夜": (12, 24), "圣诞节": (12, 25), "圣诞": (12, 25), "世界环境日": (6, 5), "环境日": (6, 5),
}  # fmt: skip

# Year: 春节, 元宵, 端午, 七夕, 中秋, 重阳 as month and day. 除夕 is the day before 春节.
_LUNAR_NAMES = ("春节", "元宵", "端午", "七夕", "中秋", "重阳")
_LUNAR = {
    2025: (129, 212, 531, 829, 1006, 1029),
    2026: (217, 303, 619, 819, 925, 1018),
    2027: (206, 220, 609, 808, 915, 1008),
    2028: (126, 209, 528, 826, 1003, 1026),
    2029: (213, 227, 616, 816, 922, 1016),
    2030: (203, 217, 605, 805, 912, 1005),
    2031: (123, 206, 624, 824, 1001, 1024),
    2032: (211, 225, 612, 812, 919, 1012),
    2033: (131, 214, 601, 801, 908, 1001),
    2034: (219, 305, 620, 820, 927, 1020),
    2035: (208, 222, 610, 810, 916, 1009),
    2036: (128, 211, 530, 828, 1004, 1027),
    2037: (215, 301, 618, 817, 924, 1017),
    2038: (204, 218, 607, 807, 913, 1007),
    2039: (124, 207, 527, 826, 1002, 1026),
    2040: (212, 226, 614, 814, 920, 1014),
}
_ALIASES = {
    "过年": "春节", "大年初一": "春节", "元宵节": "元宵", "端午节": "端午", "七夕节": "七夕", "中秋节": "中秋",
    "重阳节": "重阳", "清明节": "清明",
}  # fmt: skip

NAMES = sorted({*_FIXED, *_LUNAR_NAMES, *_ALIASES, "清明", "除夕", "年三十"}, key=len, reverse=True)


def _qingming(year: int) -> date:
    """April 4 or 5, by the usual formula for this century."""
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def _in_year(name: str, year: int) -> date | None:
    name = _ALIASES.get(name, name)
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name == "清明":
        return _qingming(year)
    if year not in _LUNAR:
        return None
    if name in {"除夕", "年三十"}:
        first = _in_year("春节", year)
        return date.fromordinal(first.toordinal() - 1) if first else None
    code = _LUNAR[year][_LUNAR_NAMES.index(name)]
    return date(year, code // 100, code % 100)


def next_day(name: str, today: date) -> date | None:
    """The next day of that name, today included; None past the lunar table."""
    for year in (today.year, today.year + 1):
        day = _in_year(name, year)
        if day is not None and day >= today:
            return day
    return None
