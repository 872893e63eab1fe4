"""The simulator as gunicorn serves it (`bot.processes.simulator:app()`), with the account the settings describe."""

from __future__ import annotations

from flask import Flask

from bot import logs
from bot.push import fields
from bot.settings import Settings, settings
from bot.simulator.config import SimulatorConfig
from bot.simulator.server import create_simulator

NEEDED = ("wechat.app_id", "wechat.app_secret", "wechat.token")


def config(chosen: Settings) -> SimulatorConfig:
    wechat = chosen.wechat
    return SimulatorConfig(
        app_id=wechat.app_id,
        app_secret=wechat.app_secret,
        token=wechat.token,
        encoding_aes_key=wechat.encoding_aes_key,
        mode=wechat.mode,
        account=wechat.account,
        callback_url=chosen.simulator.callback_url,
        state_path=chosen.data_dir / "simulator.sqlite",
        templates=[
            {"id": id, "kind": family, "content": fields.template_text(kind) if kind in fields.USUAL_FIELDS else ""}
            for kind, each in chosen.push.templates.items()
            for family, id in (("notice", each.subscribe), ("template", each.template))
            if id
        ],
    )


def app() -> Flask:
    chosen = settings()
    logs.configure(chosen, "simulator")
    return create_simulator(config(chosen))
