"""A stage for the worker: a simulated WeChat over real HTTP, a database, people who signed up, and a clock for both."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from bot.push import worker
from bot.services import notice_consents, people, registrations
from bot.settings import Settings
from bot.simulator.config import SimulatorConfig
from bot.simulator.server import create_simulator
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Follower, Push, Registration, Shift
from bot.storage.valkey import Valkey
from bot.wechat.client import Client
from tests.fixtures.world import NOW, World
from tests.push.account import APP_ID, SECRET, TEMPLATES, client_for, template_id


@dataclass
class Simulated:
    """The simulator as a test sees it."""

    url: str
    world: Any

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=20) as answer:
            return json.load(answer)

    def set_clock(self, at: datetime) -> None:
        self.ask("/sim/clock", {"now": at.isoformat()})

    def faults(self, **knobs: Any) -> None:
        self.ask("/sim/faults", knobs)

    def new_follower(self) -> str:
        return str(self.ask("/sim/followers", {})["openid"])

    def say(self, openid: str, text: str = "在吗") -> None:
        self.ask(f"/sim/followers/{openid}/messages", {"type": "text", "content": text})

    def leave(self, openid: str) -> None:
        self.ask(f"/sim/followers/{openid}/messages", {"type": "event", "event": "unsubscribe"})

    def consent(self, openid: str, template: str, times: int = 1) -> None:
        self.world.state.followers[openid].consents[template] = times

    def seen(self, openid: str) -> list[dict[str, Any]]:
        """What the account said first to this follower."""
        shown = self.ask(f"/sim/followers/{openid}/inbox")
        return [one for one in shown if one["kind"] in ("custom", "template", "subscribe", "mass")]

    def texts(self, openid: str) -> list[str]:
        return [str(one["text"]) for one in self.seen(openid)]

    def calls(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(f"/sim/calls?path={path}")
        return found


@contextmanager
def simulated(account: str = "verified_service") -> Iterator[Simulated]:
    config = SimulatorConfig(
        app_id=APP_ID, app_secret=SECRET, token="token123", mode="plain", account=account,
        callback_url="http://127.0.0.1:9/wechat", delivery_times_s=(0.0,), delivery_timeout_s=0.3, clock_settle_s=0.0,
        mass_delay_s=0.0,
        templates=[id for each in TEMPLATES.values() for id in (each.subscribe, each.template)],
    )  # fmt: skip
    app = create_simulator(config)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    simulated = Simulated(f"http://127.0.0.1:{server.server_port}", app.extensions["world"])
    simulated.faults(mark_fail=False)
    try:
        yield simulated
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        simulated.world.close()


@dataclass
class Stage:
    """``now`` is the worker's clock and the simulator's."""

    database: Database
    cipher: Cipher
    valkey: Valkey
    wechat: Simulated
    settings: Settings
    clock: datetime = NOW
    client: Client = field(init=False)
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = client_for(self.settings, self.valkey)
        self.wechat.set_clock(self.clock)

    @property
    def now(self) -> Callable[[], datetime]:
        return lambda: self.clock

    def at(self, moment: datetime) -> None:
        self.clock = moment
        self.wechat.set_clock(moment)

    def later(self, **span: float) -> None:
        self.at(self.clock + timedelta(**span))

    def work(self) -> dict[str, int]:
        """One sweep of all that is due."""
        return worker.run(self, once=True, busy_pauses_s=(0.01, 0.02))

    # -- people and activities -----------------------------------------------------------------------------

    def write(self, deed: Callable[[Session], Any]) -> Any:
        with self.database.session() as db:
            writing(db)
            result = deed(db)
            db.commit()
            return result

    def shift(self, **words: Any) -> int:
        return int(self.write(lambda db: World(db, self.cipher, self.clock).shift(**words).id))

    def follower(self, heard: datetime | None = None) -> str:
        """Somebody who follows in WeChat and is known to us; ``heard``: when they last wrote."""
        openid = self.wechat.new_follower()
        self.later(minutes=2)  # the minute after following is over

        def known(db: Session) -> None:
            db.add(Follower(openid=openid, followed_at=self.clock, last_message_at=heard))

        self.write(known)
        return openid

    def writes(self, openid: str, times: int = 1) -> None:
        """The follower writes to us, and we notice."""
        for _ in range(times):
            self.wechat.say(openid)
        self.change(openid, last_message_at=self.clock, message_used=0)

    def consents(self, openid: str, kind: str = "reminder", times: int = 1) -> None:
        """In WeChat and in our count of it."""
        template = template_id(kind, "subscribe")
        self.wechat.consent(openid, template, times)

        def accept(db: Session) -> None:
            for number in range(times):
                key = f"{openid}:{kind}:{self.clock.isoformat()}:{number}"
                notice_consents.answered(db, openid, template, True, "popup", key, self.clock)

        self.write(accept)

    def change(self, openid: str, **values: Any) -> None:
        def changed(db: Session) -> None:
            follower = db.get_one(Follower, openid)
            for name, value in values.items():
                setattr(follower, name, value)

        self.write(changed)

    def signs_up(self, openid: str, shift_id: int) -> int:
        """Returns the registration's id."""

        def signed(db: Session) -> int:
            number = self.numbers.setdefault(openid, len(self.numbers) + 1)
            follower = people.follow(db, openid, "", self.clock)
            name, phone = "志愿者" + chr(0x4E00 + number), f"138{number:08}"
            person_id = people.save_profile(db, self.cipher, follower, name, phone, self.clock).id
            return registrations.sign_up(db, shift_id, person_id, openid, self.clock).registration_id

        return int(self.write(signed))

    # -- what we look at -------------------------------------------------------------------------------------

    def pushes(self, kind: str = "") -> list[Push]:
        with self.database.session() as db:
            rows = select(Push).order_by(Push.id)
            return list(db.scalars(rows.where(Push.kind == kind) if kind else rows))

    def states(self, kind: str = "") -> list[str]:
        return [push.state for push in self.pushes(kind)]

    def follower_row(self, openid: str) -> Follower:
        with self.database.session() as db:
            return db.get_one(Follower, openid)

    def registration(self, id: int) -> Registration:
        with self.database.session() as db:
            return db.get_one(Registration, id)

    def starts_at(self, shift_id: int) -> datetime:
        with self.database.session() as db:
            return db.get_one(Shift, shift_id).starts_at
