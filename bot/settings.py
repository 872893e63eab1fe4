"""Settings: config.yaml, what the demo generated, the environment; checked once, with errors people can act on."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Organisation(Section):
    name: str = "共青团青山县委员会"
    short_name: str = "青山团县委"
    timezone: str = "Asia/Shanghai"
    phone: str = "0571-00000000"
    address: str = "青山县人民路1号"
    office_hours: str = "工作日 8:30–12:00，14:00–17:30"
    hotline: str = "12355"


class WeChat(Section):
    app_id: str = ""
    app_secret: str = ""
    token: str = ""
    encoding_aes_key: str = ""
    mode: Literal["plain", "compatible", "secure"] = "secure"
    account: Literal["verified_service", "verified_subscription", "unverified"] = "verified_service"
    api_base_url: str = "https://api.weixin.qq.com"


class Database(Section):
    url: str = ""


class Redis(Section):
    url: str = ""


class Security(Section):
    key: str = ""


class Web(Section):
    host: str = "0.0.0.0"
    port: int = 8000
    workers: int = 2
    threads: int = 16


class Conversation(Section):
    session_minutes: int = 30
    reply_budget_s: float = 4.5


class Registrations(Section):
    waitlist_limit: int = 50
    remind_before_hours: tuple[int, ...] = (24, 2)
    cancel_free_hours: int = 24


class PushTemplate(Section):
    subscribe: str = ""
    template: str = ""


class Push(Section):
    sweep_s: float = 10
    lease_s: float = 60
    threads: int = 8
    templates: dict[str, PushTemplate] = {}


class Simulator(Section):
    callback_url: str = "http://127.0.0.1:8000/wechat"
    port: int = 8001


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BOT_", env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Path("data")
    faq_dir: Path = Path("faq")
    clock_url: str = ""
    organisation: Organisation = Organisation()
    wechat: WeChat = WeChat()
    database: Database = Database()
    redis: Redis = Redis()
    security: Security = Security()
    web: Web = Web()
    conversation: Conversation = Conversation()
    registrations: Registrations = Registrations()
    push: Push = Push()
    simulator: Simulator = Simulator()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{(self.data_dir / 'qingsheng.db').resolve()}"

    @property
    def redis_url(self) -> str:
        return self.redis.url or f"unix://{(self.data_dir / 'valkey.sock').resolve()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)


def _deep_merge(base: dict, over: dict) -> dict:
    return {
        **base,
        **{k: _deep_merge(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v for k, v in over.items()},
    }


def load_settings() -> Settings:
    """Environment over ``data_dir/demo.yaml`` (written by ``run --demo``) over config.yaml."""
    path = Path(os.environ.get("BOT_CONFIG", ROOT / "config.yaml"))
    values = yaml.safe_load(path.read_text("utf-8")) or {}
    data_dir = Path(os.environ.get("BOT_DATA_DIR") or values.get("data_dir", "data"))
    data_dir = data_dir if data_dir.is_absolute() else ROOT / data_dir
    generated = data_dir / "demo.yaml"
    if generated.exists():
        values = _deep_merge(values, yaml.safe_load(generated.read_text("utf-8")) or {})
    return Settings(**values)


@lru_cache(maxsize=1)
def settings() -> Settings:
    return load_settings()
