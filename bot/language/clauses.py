"""Several wishes in one message: the clauses that ask or demand something, each in the follower's own words."""

from __future__ import annotations

import re

from bot.language.text import normalise, simplify

SHORTEST = 4
"""Characters of a wish: 几点集合. What is shorter is an aside: 可以吗. Behind a 顺便 one less is enough: 管饭不."""
MOST = 3
LONGEST = 150
"""Characters of a message that may be taken apart; a longer one tells a story and stays whole."""

_JOINS = r"顺便|顺带|另外|此外|再问一?[下个]|还想问|以及|对了|最后(?!一)"
_JOINS_AFTER_A_BREAK = rf"{_JOINS}|还有|然后|再就是|再"
_CUT = re.compile(rf"[\s,，、。.．!！?？;；~～…]+|(?={_JOINS})|(?<=吗)|(?<=呢)|(?<=有伐)|(?<=么)(?<![什怎那这多要]么)")
_JOINED = re.compile(_JOINS_AFTER_A_BREAK)
_ASKING = r"我?(?:想|要)?请?问(?:一下|下|个)?|帮我问下|麻烦[您你]?|[哦嗯啊呀]|就是"
_LEAD = re.compile(rf"^(?:{_JOINS_AFTER_A_BREAK}|{_ASKING})+")
_ASKS = re.compile(
    r"吗|呢|么|伐|[能可]不[能可]|有没有|是不是|要不要|会不会|怎|咋|啥|哪|几|多少|多久|多大|如何|(?:不|没|没有)$"
)
_DEMANDS = re.compile(r"^(?:请?帮我|给我|替我|我要|我想|我来|查|看看|报名?|取消|退|转|算我|加我)")


def apart(text: str) -> tuple[str, ...]:
    """Two or three wishes as they were typed, without the 顺便 between them; otherwise nothing.

    Only candidates: whether each is understood as a wish of its own is for others to say.
    """
    found = wishes(text) if len(text) <= LONGEST else ()
    return found if 2 <= len(found) <= MOST else ()


def wishes(text: str) -> tuple[str, ...]:
    """Every clause that asks or demands something, greetings, reasons and thanks aside.

    After the first one a demand counts only behind a connective: in 周六有活动吗，我想和室友一起去 there is one wish.
    """
    found: list[str] = []
    joined = False
    for part in _CUT.split(simplify(text)):
        joined = joined or _JOINED.match(part) is not None
        wish = _LEAD.sub("", part)
        if not wish:
            continue
        demanded = _DEMANDS.match(wish) is not None and (joined or not found)
        if len(normalise(wish)) >= SHORTEST - joined and (demanded or _ASKS.search(wish)):
            found.append(wish)
        joined = False
    return tuple(found)
