"""Settings: config.yaml, what the demo generated, the environment; checked once, with errors people can act on."""

from __future__ import annotations

import hashlib
import os
from datetime import time as DayTime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import settings_rules as rules
from bot.settings_sources import Mistake, SettingsError, Values, mistakes, read_environment, read_yaml
from bot.settings_voice import Voice
from bot.settings_volunteering import Attendance, Volunteering

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {"wechat.app_secret", "wechat.token", "wechat.encoding_aes_key", "security.key"}
MAY_HOLD_PASSWORDS = {"database.url", "redis.url"}
# A Unix socket's path has room for 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_LIMIT = 100

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Organisation(Section):
    name: str = "共青团青山县委员会"
    short_name: str = "青山团县委"
    timezone: Annotated[str, rules.TIMEZONE] = "Asia/Shanghai"
    phone: str = "0571-00000000"
    address: str = "青山县人民路1号"
    office_hours: str = "工作日 8:30–12:00，14:00–17:30"
    hotline: str = "12355"


class Hotlines(Section):
    """The youth line is ``organisation.hotline``."""

    police: str = "110"
    medical: str = "120"
    fire: str = "119"
    mental_health: str = "12356"
    labour: str = "12333"
    legal: str = "12348"


class WeChat(Section):
    app_id: Annotated[str, rules.APP_ID] = ""
    app_secret: str = ""
    token: Annotated[str, rules.TOKEN] = ""
    encoding_aes_key: Annotated[str, rules.ENCODING_AES_KEY] = ""
    mode: Literal["plain", "compatible", "secure"] = "secure"
    account: Literal["verified_service", "verified_subscription", "unverified"] = "verified_service"
    api_base_url: Annotated[str, rules.HTTP_URL] = "https://api.weixin.qq.com"


class Database(Section):
    url: Annotated[str, rules.DATABASE_URL] = ""


class Redis(Section):
    url: Annotated[str, rules.REDIS_URL] = ""


class Security(Section):
    key: Annotated[str, rules.KEY_32] = ""


class Web(Section):
    """``public_url``: what stands before /a, /me, /verify in links that we give out."""

    public_url: Annotated[str, rules.HTTP_URL] = "http://127.0.0.1:8000"
    host: str = "0.0.0.0"
    port: Port = 8000
    workers: Count = 2
    threads: Count = 8


class Conversation(Section):
    """``agents``: who answers 人工; the last two are about conversations with our own staff."""

    session_minutes: Count = 30
    reply_budget_s: Annotated[float, Field(gt=0, lt=5)] = 4.5
    agents: Literal["staff", "wechat"] = "staff"
    silence_minutes: Count = 30
    keep_days: Annotated[int, Field(ge=7)] = 180


class Understanding(Section):
    policy: Literal["cautious", "balanced", "bold"] = "balanced"
    encoder: bool = True
    keep_gaps_days: Count = 180


class Registrations(Section):
    waitlist_limit: Annotated[int, Field(ge=0)] = 50
    remind_before_hours: tuple[Count, ...] = (24, 2)
    cancel_free_hours: Annotated[int, Field(ge=0)] = 24


class PushTemplate(Section):
    """``…_fields``: the template's own field → what goes there (see bot/push/wording.py); empty = the usual ones.

    ``subscribe_lasts``: a long-term notice (长期订阅), whose consent is not used up.
    """

    subscribe: str = ""
    template: str = ""
    subscribe_lasts: bool = False
    subscribe_fields: dict[str, str] = {}
    template_fields: dict[str, str] = {}


class Push(Section):
    sweep_s: Seconds = 10
    lease_s: Seconds = 60
    threads: Count = 8
    rate: Count = 200
    templates: dict[str, PushTemplate] = {
        "reminder": PushTemplate(), "offer": PushTemplate(), "change": PushTemplate(), "alert": PushTemplate(),
        "broadcast": PushTemplate(),
    }  # fmt: skip


class Certificates(Section):
    """``font``: a file; empty = the first of the known places (bot/services/fonts.py)."""

    font: str = ""


class Backup(Section):
    """``time``: by the organisation's clock. ``keep``: so many of the newest stay; 0 = others see to backups."""

    time: DayTime = DayTime(3)
    keep: Annotated[int, Field(ge=0)] = 14


class Simulator(Section):
    callback_url: Annotated[str, rules.HTTP_URL] = "http://127.0.0.1:8000/wechat"
    port: Port = 8001


class Button(Section):
    """A menu button: ``key`` is an intent's name, ``url`` opens a page, ``buttons`` makes it a parent."""

    name: str
    key: str = ""
    url: str = ""
    buttons: tuple[Button, ...] = ()


class TagMenu(Section):
    """Other buttons for the followers with this tag (个性化菜单)."""

    tag: str
    buttons: tuple[Button, ...]


MENU = (
    Button(
        name="志愿活动",
        buttons=(
            Button(name="近期活动", key="activities.list"),
            Button(name="我的报名", key="sign_up.mine"),
            Button(name="我要报名", key="sign_up.start"),
        ),
    ),
    Button(
        name="问一问",
        buttons=(Button(name="能问什么", key="always.help"), Button(name="找工作人员", key="always.human")),
    ),
)


class Settings(Section):
    data_dir: Path = Path("data")
    faq_dir: Path = Path("faq")
    clock_url: Annotated[str, rules.HTTP_URL] = ""
    organisation: Organisation = Organisation()
    hotlines: Hotlines = Hotlines()
    wechat: WeChat = WeChat()
    database: Database = Database()
    redis: Redis = Redis()
    security: Security = Security()
    web: Web = Web()
    conversation: Conversation = Conversation()
    understanding: Understanding = Understanding()
    registrations: Registrations = Registrations()
    attendance: Attendance = Attendance()
    volunteering: Volunteering = Volunteering()
    voice: Voice = Voice()
    certificates: Certificates = Certificates()
    push: Push = Push()
    backup: Backup = Backup()
    menu: tuple[Button, ...] = MENU
    menus_by_tag: tuple[TagMenu, ...] = ()
    simulator: Simulator = Simulator()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir.resolve() / 'qingsheng.db'}"

    @property
    def redis_url(self) -> str:
        return self.redis.url or f"unix://{quote(str(self.valkey_socket))}"

    @property
    def valkey_socket(self) -> Path:
        """In data_dir; where its path is too long for a socket, in ``runtime_dir``. The same for every process."""
        socket = self.data_dir.resolve() / "valkey.sock"
        return socket if len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT else self.runtime_dir / "valkey.sock"

    @property
    def runtime_dir(self) -> Path:
        """A private folder outside data_dir for what needs a short path or must not feel a full disk."""
        base = Path("/dev/shm") if os.path.isdir("/dev/shm") else Path("/tmp")
        name = hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:12]
        return base / f"qingsheng-{os.getuid()}-{name}"

    def require(self, *names: str) -> None:
        """For a command that cannot work without some settings: SettingsError names all that are missing."""
        missing = [name for name in names if not self.value(name)]
        if missing:
            raise SettingsError(Mistake(n, f"环境变量 {variable(n)}", f"还没有设置。{rules.WHERE[n]}") for n in missing)

    def value(self, name: str) -> Any:
        """By its dotted name."""
        value: Any = self
        for part in name.split("."):
            value = getattr(value, part)
        return value


def variable(name: str) -> str:
    """wechat.token → BOT_WECHAT__TOKEN."""
    return "BOT_" + name.upper().replace(".", "__")


def _secrets_in(values: Values) -> list[Mistake]:
    """config.yaml is copied and shown around, so no secret may stand in it."""
    found = []
    for name in sorted(SECRETS | MAY_HOLD_PASSWORDS):
        section, key = name.split(".")
        tree = values.tree.get(section)
        text = tree.get(key, "") if isinstance(tree, dict) else ""
        if text and (name in SECRETS or (isinstance(text, str) and urlsplit(text).password)):
            place = values.place((section, key))
            found.append(
                Mistake(name, place, f"密钥和密码不写在文件里，请改用环境变量 {variable(name)}，并把这里清空。")
            )
    return found


def read_values() -> Values:
    """Environment over ``data_dir/demo.yaml`` (written by ``run --demo``) over config.yaml, with every place."""
    config = read_yaml(Path(os.environ.get("BOT_CONFIG") or ROOT / "config.yaml"))
    config.mistakes += _secrets_in(config)
    environment = read_environment(os.environ, Settings)
    values = environment.over(config)
    data_dir = ROOT / str(values.tree.get("data_dir", "data"))
    generated = data_dir / "demo.yaml"
    if generated.exists():
        values = environment.over(read_yaml(generated)).over(config)
    values.tree["data_dir"] = data_dir
    values.tree["faq_dir"] = ROOT / str(values.tree.get("faq_dir", "faq"))
    return values


def load_settings() -> Settings:
    """SettingsError lists everything that is wrong."""
    values = read_values()
    try:
        loaded = Settings.model_validate(values.tree)
    except ValidationError as error:
        raise SettingsError(
            [*values.mistakes, *mistakes(error, values, Settings, SECRETS | MAY_HOLD_PASSWORDS)]
        ) from None
    if values.mistakes:
        raise SettingsError(values.mistakes)
    return loaded


@lru_cache(maxsize=1)
def settings() -> Settings:
    return load_settings()
