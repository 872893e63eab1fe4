"""What `run --demo` makes up once: an account's credentials, a key and template ids, in data_dir/demo.yaml."""

from __future__ import annotations

import base64
import os
import secrets
import string
from pathlib import Path
from typing import Any

import yaml

from bot.settings import Settings, variable
from bot.settings_sources import read_yaml

ALPHABET = string.ascii_letters + string.digits
KINDS = ("reminder", "offer", "change", "alert", "broadcast")


def letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def template_id(kind: str, way: str) -> str:
    """As long as WeChat's own, 43 characters."""
    return f"demo-{kind}-{way}".ljust(43, "0")


def generated() -> dict[str, Any]:
    return {
        "wechat": {
            "app_id": f"wx{secrets.token_hex(8)}",
            "app_secret": secrets.token_hex(16),
            "token": letters(24),
            # 43 characters are 258 bits; a last letter whose spare two bits are zero decodes everywhere.
            "encoding_aes_key": base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        },
        "security": {"key": base64.b64encode(secrets.token_bytes(32)).decode()},
        "push": {
            "templates": {kind: {way: template_id(kind, way) for way in ("subscribe", "template")} for kind in KINDS}
        },
    }


def addresses(port: int) -> dict[str, Any]:
    """The simulator beside the web server, so that commands typed in another window find it too."""
    simulator = f"http://127.0.0.1:{port + 1}"
    return {
        "clock_url": f"{simulator}/sim/clock",
        "wechat": {"api_base_url": simulator},
        "simulator": {"port": port + 1, "callback_url": f"http://127.0.0.1:{port}/wechat"},
        "web": {"public_url": f"http://127.0.0.1:{port}"},
    }


def prepare(data_dir: Path, port: int) -> bool:
    """Write demo.yaml, keeping what an earlier run made up. True when it is new."""
    file = data_dir / "demo.yaml"
    kept = read_yaml(file).tree if file.exists() else {}
    made = generated()
    at = addresses(port)
    content: dict[str, Any] = {
        **made,
        **{name: kept[name] for name in ("security", "push") if name in kept},
        **{name: at[name] for name in ("clock_url", "simulator", "web")},
        "wechat": {**made["wechat"], **kept.get("wechat", {}), **at["wechat"]},
    }
    _write(
        file, "# Made by `run --demo`; delete it to start with new keys.\n" + yaml.safe_dump(content, sort_keys=False)
    )
    return not kept


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and for nobody else's eyes."""
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)


def environment(settings: Settings) -> dict[str, str]:
    """The simulator's addresses for the children, unless somebody set others."""
    at = addresses(settings.web.port)
    wanted = {
        "wechat.api_base_url": at["wechat"]["api_base_url"],
        "clock_url": at["clock_url"],
        "simulator.callback_url": at["simulator"]["callback_url"],
        "web.public_url": at["web"]["public_url"],
    }
    return {variable(name): value for name, value in wanted.items() if variable(name) not in os.environ}
