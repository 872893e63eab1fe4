"""Tags reach WeChat by the worker, fifty a call; limits are kept, one follower that WeChat refuses stops nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.services import tags
from bot.services.refusals.people import TagRefused
from bot.storage.models import AuditEntry, FollowerTag
from tests.push.stage import Stage

GIVE, TAKE = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"


def give(stage: Stage, openids: Sequence[str], name: str = "队长") -> int:
    return int(stage.write(lambda db: tags.give(db, openids, name, "staff:1", stage.clock)))


def take(stage: Stage, openids: Sequence[str], name: str = "队长") -> int:
    return int(stage.write(lambda db: tags.take(db, openids, name, stage.clock)))


def in_wechat(stage: Stage, name: str = "队长") -> set[str]:
    state = stage.wechat.world.state
    ids = {int(id) for id, named in state.shelf("tags").items() if named == name}
    return {openid for openid, follower in state.followers.items() if ids & set(follower.tags)}


def listed(stage: Stage) -> list[Any]:
    with stage.database.session() as db:
        return tags.counted(db)


def test_wechat_learns_who_got_one_and_who_lost_one(stage: Stage) -> None:
    openids = [stage.follower() for _ in range(3)]
    assert give(stage, openids) == 3
    assert give(stage, openids[:2]) == 0
    assert listed(stage) == [("队长", 3, 3, 0)]
    stage.work()
    assert in_wechat(stage) == set(openids)
    assert listed(stage) == [("队长", 3, 0, 0)]
    assert take(stage, openids[:1]) == 1
    assert listed(stage) == [("队长", 2, 0, 0)]
    stage.work()
    assert in_wechat(stage) == set(openids[1:])
    calls = len(stage.wechat.calls(GIVE)) + len(stage.wechat.calls(TAKE))
    stage.work()
    assert len(stage.wechat.calls(GIVE)) + len(stage.wechat.calls(TAKE)) == calls == 2
    with stage.database.session() as db:
        assert db.query(FollowerTag).count() == 2
        noted = [row.reason for row in db.query(AuditEntry).filter(AuditEntry.subject == "follower_tags:队长")]
        assert noted == ["给了3人", "给了0人", "从1人收回"]


def test_taken_and_given_again_before_wechat_heard(lite: Stage) -> None:
    openid = lite.follower()
    give(lite, [openid])
    take(lite, [openid])
    assert give(lite, [openid]) == 1
    lite.work()
    assert in_wechat(lite) == {openid}
    take(lite, [openid])
    lite.work()
    assert in_wechat(lite) == set() and listed(lite) == []


def test_fifty_a_call(lite: Stage) -> None:
    state = lite.wechat.world.state
    openids = [lite.follower() for _ in range(51)]
    give(lite, openids)
    lite.work()
    sizes = [len(call["body"]["openid_list"]) for call in lite.wechat.calls(GIVE)]
    assert sorted(sizes) == [1, 50]
    assert len(in_wechat(lite)) == 51
    assert len(state.shelf("tags")) == 1


def test_whom_wechat_refuses_is_named_and_the_others_get_theirs(lite: Stage) -> None:
    full, fine = lite.follower(), lite.follower()
    lite.wechat.world.state.followers[full].tags = list(range(200, 220))
    give(lite, [full, fine])
    lite.work()
    assert in_wechat(lite) == {fine}
    assert listed(lite) == [("队长", 2, 0, 1)]
    before = len(lite.wechat.calls(GIVE))
    lite.work()
    assert len(lite.wechat.calls(GIVE)) == before, "not asked again and again"


def test_an_outage_loses_nothing(lite: Stage) -> None:
    openid = lite.follower()
    give(lite, [openid])
    lite.wechat.faults(errcode=[{"path": GIVE, "code": -1}])
    lite.work()
    assert listed(lite) == [("队长", 1, 1, 0)]
    lite.wechat.faults(errcode=[])
    lite.work()
    assert in_wechat(lite) == {openid}


def test_limits(lite: Stage) -> None:
    openid, other = lite.follower(), lite.follower()
    for name in ("", "名" * 31, "星标组", "群发12", "换\n行"):
        with pytest.raises(TagRefused) as refused:
            give(lite, [openid], name)
        assert refused.value.why == "name"
    give(lite, [openid], "名" * 30)
    for number in range(19):
        give(lite, [openid], f"t{number}")
    with pytest.raises(TagRefused) as refused:
        give(lite, [other, openid], "第21个")
    assert (refused.value.why, refused.value.about) == ("follower_full", openid)
    with pytest.raises(TagRefused) as refused:
        give(lite, ["o-nobody"], "t1")
    assert refused.value.why == "nobody"
    openids = [lite.follower() for _ in range(4)]
    for number in range(80):
        give(lite, [openids[number // 20]], f"u{number}")
    with pytest.raises(TagRefused) as refused:
        give(lite, [other], "第101个")
    assert refused.value.why == "account_full"
    assert give(lite, [other], "u1") == 1
