"""Does a text say where somebody is? For those who go and help: better one place too many than one too few."""

from __future__ import annotations

import re

from bot.language.text import clean

LONGEST = 80
_I_AM_AT = re.compile(
    r"^(?:我|我们|她|他|孩子|人)?(?:现在|目前|就|还|正|一个人|自己|们)*(?:在|位于|坐标|地址|位置)(?!吗|不|干|做|想|等|说|听|看|哭|忙|线|乎|意)"
    r"|我(?:现在|就|还|一个人|自己)*在(?!吗|不|干|做|想|等|说|听|看|哭|忙|线|乎|意)"
)
_NAMED = re.compile(
    r"(?:路|街|巷|弄|道)(?:\d+|[一二三四五六七八九十]+)号|\d+(?:栋|幢|号楼|单元|楼|层|室|宿舍)|(?:小区|新村|公寓|大厦|广场|公园|医院|车站|地铁站|学校|中学|小学|大学|宿舍|教学楼|图书馆|大桥|水库|河边|江边|桥上|桥边|天台|楼顶|网吧|宾馆|酒店)"
    r"(?:$|的|里|门口|附近|对面|旁边?|后面|边上|上面?|楼|东|西|南|北)"
)
_QUESTION = re.compile(r"[吗呢么?？]$|怎么|什么|哪|几点|有没有|多少|如何|报名|活动")


def names_place(text: str) -> bool:
    """``我在人民路``, ``城关中学后面的楼顶``; not ``图书馆几点开门``."""
    said = clean(text)
    if not said or len(said) > LONGEST or _QUESTION.search(said):
        return False
    return bool(_I_AM_AT.search(said) or _NAMED.search(said))
