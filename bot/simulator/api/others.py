"""What the simulator knows by name but does not play: accepted when well-formed, answered with an empty result."""

from __future__ import annotations

from bot.simulator.endpoints import OK, Answer, Call, Endpoint, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World

# families of documented paths; SDKs call them, a Youth League account hardly does
FAMILIES = (
    "/card/", "/bizwifi/", "/shakearound/", "/datacube/", "/merchant/", "/semantic/", "/scan/", "/device/", "/cv/",
    "/wxa/", "/wxaapi/", "/nontax/", "/cgi-bin/poi/", "/cgi-bin/comment/", "/cgi-bin/message/wxopen/",
    "/cgi-bin/media/voice/", "/cgi-bin/wxopen/", "/cgi-bin/express/", "/cgi-bin/guide/", "/customservice/msgrecord/",
)  # fmt: skip


def _empty(world: World, call: Call) -> Answer:
    if call.path.startswith("/datacube/"):
        return {"list": []}
    return OK


_FAMILY = Endpoint(_empty, "ANY", "base", token=True, alone=False)


def family_of(path: str) -> Endpoint | None:
    """The generic answer for a path of a known family."""
    return _FAMILY if path.startswith(FAMILIES) else None


def _invalid_url(world: World, call: Call) -> Answer:
    raise ApiError(40066)


UNKNOWN = Endpoint(_invalid_url, "ANY", "base", token=False, alone=False)


@endpoint("GET", "/cgi-bin/get_current_autoreply_info")
def auto_reply(world: World, call: Call) -> Answer:
    """The console's own keyword replies are off while the developer mode is on."""
    return {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}


@endpoint("POST", "/cgi-bin/message/subscribe/send")
def mini_program_notice(world: World, call: Call) -> Answer:
    """The mini-programs' twin of bizsend: not for accounts."""
    raise ApiError(48001)


@endpoint("GET", "/sns/jscode2session", token=False)
def mini_program_login(world: World, call: Call) -> Answer:
    raise ApiError(40013)
