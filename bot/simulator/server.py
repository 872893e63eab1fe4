"""The simulated WeChat as a Flask app: its API, its pages, the phone, and the control under /sim/."""

from __future__ import annotations

import atexit

from flask import Flask, Response, request

import bot.simulator.control_faults  # noqa: F401  (adds to the control's blueprint)
from bot.simulator import control, jssdk, pages, phone
from bot.simulator.api import mass
from bot.simulator.api.others import UNKNOWN, family_of
from bot.simulator.config import SimulatorConfig
from bot.simulator.endpoints import ENDPOINTS, serve
from bot.simulator.world import World

__all__ = ["SimulatorConfig", "create_simulator"]
MAX_UPLOAD = 32 * 1024 * 1024


def create_simulator(config: SimulatorConfig) -> Flask:
    """One process, many threads: ``gunicorn -w 1 --threads 64``. Two processes would be two WeChats."""
    app = Flask(__name__, static_folder="static", template_folder="html")
    app.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD
    world = World(config)
    world.on_start.append(mass.resume)
    app.extensions["world"] = world
    atexit.register(world.close)
    app.before_request(world.start)
    for blueprint in (control.blueprint, pages.blueprint, jssdk.blueprint, phone.blueprint):
        app.register_blueprint(blueprint)

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def weixin_api(path: str) -> Response:
        path = "/" + path
        return serve(world, path, request, ENDPOINTS.get(path) or family_of(path) or UNKNOWN)

    return app
