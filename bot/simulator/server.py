"""The simulated WeChat as a Flask app: its API, its pages, the phone, and the control under /sim/."""

from __future__ import annotations

import atexit

from flask import Flask, Response, request

import bot.simulator.api  # fills the table of endpoints
import bot.simulator.control_faults  # noqa: F401  (adds to the control's blueprint)
from bot.simulator import control
from bot.simulator.config import SimulatorConfig
from bot.simulator.endpoints import ENDPOINTS, serve
from bot.simulator.world import World

__all__ = ["SimulatorConfig", "create_simulator"]
MAX_UPLOAD = 32 * 1024 * 1024


def create_simulator(config: SimulatorConfig) -> Flask:
    """One process, many threads: ``gunicorn -w 1 --threads 64``. Two processes would be two WeChats."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD
    world = World(config)
    app.extensions["world"] = world
    atexit.register(world.close)
    app.before_request(world.start)
    app.register_blueprint(control.blueprint)

    @app.route("/<path:path>", methods=["GET", "POST"])
    def weixin_api(path: str) -> Response:
        return serve(world, f"/{path}", request, ENDPOINTS[f"/{path}"])

    return app
