"""The worker fetches the codes of sheets; what it gets, a follower can scan; what WeChat refuses is written down."""

from __future__ import annotations

from bot.services import check_in, posters
from bot.storage.models import Poster
from tests.fixtures.world import World, hours
from tests.push.stage import Stage

CREATE = "/cgi-bin/qrcode/create"


def ask(stage: Stage) -> int:
    def work(db):  # type: ignore[no-untyped-def]
        shift = World(db, stage.cipher, stage.clock).shift(starts_in=hours(20))
        posters.ask(db, shift.id, "staff:1", stage.clock)
        return shift.id

    return int(stage.write(work))


def poster(stage: Stage) -> Poster:
    with stage.database.session() as db:
        return db.query(Poster).one()


def test_what_was_asked_for_comes_once(stage: Stage) -> None:
    shift_id = ask(stage)
    stage.work()
    made = poster(stage)
    codes = stage.wechat.world.state.shelf("qrcodes")
    assert [one["scene"] for one in codes.values()] == [check_in.scene(stage.cipher, shift_id)]
    assert made.url == next(iter(codes.values()))["url"] and made.good_until is not None and made.error == ""
    stage.work()
    assert len(stage.wechat.calls(CREATE)) == 1


def test_a_refusal_waits_for_a_person_and_a_dead_line_for_the_next_sweep(lite: Stage) -> None:
    ask(lite)
    lite.wechat.faults(errcode=[{"path": CREATE, "code": 48001}])
    lite.work()
    assert poster(lite).error and poster(lite).url == ""
    lite.write(lambda db: posters.ask(db, poster(lite).shift_id, "staff:1", lite.clock))
    lite.wechat.faults(errcode=[{"path": CREATE, "code": -1}])
    lite.work()
    assert poster(lite).error == "" == poster(lite).url, "WeChat was busy: the next sweep asks again"
    lite.wechat.faults(errcode=[])
    lite.work()
    assert poster(lite).url
