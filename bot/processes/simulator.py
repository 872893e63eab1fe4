"""The simulator as gunicorn serves it (`bot.processes.simulator:app()`), with the account the settings describe."""

from __future__ import annotations

from flask import Flask

from bot import logs
from bot.settings import Settings, settings
from bot.simulator.config import SimulatorConfig
from bot.simulator.server import create_simulator

NEEDED = ("wechat.app_id", "wechat.app_secret", "wechat.token")


def config(chosen: Settings) -> SimulatorConfig:
    wechat = chosen.wechat
    templates = chosen.push.templates.values()
    return SimulatorConfig(
        app_id=wechat.app_id,
        app_secret=wechat.app_secret,
        token=wechat.token,
        encoding_aes_key=wechat.encoding_aes_key,
        mode=wechat.mode,
        account=wechat.account,
        callback_url=chosen.simulator.callback_url,
        state_path=chosen.data_dir / "simulator.json",
        templates=[id for each in templates for id in (each.subscribe, each.template) if id],
    )


def app() -> Flask:
    chosen = settings()
    logs.configure(chosen, "simulator")
    return create_simulator(config(chosen))
