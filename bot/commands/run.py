"""run, serve, work, simulate: the processes, together or one by one."""

from __future__ import annotations

import gc
import os
import signal
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.settings import ROOT, Settings, load_settings, settings, variable
from bot.settings_sources import SettingsError

if TYPE_CHECKING:
    from bot.storage.database import Database

WEB_NEEDS = ("wechat.app_id", "wechat.token", "security.key")
WORK_NEEDS = ("wechat.app_id", "wechat.app_secret", "security.key")
SIMULATOR_NEEDS = ("wechat.app_id", "wechat.app_secret", "wechat.token")

port_option = click.option("--port", type=click.IntRange(1, 65534), help="端口，默认见 config.yaml 的 web.port")


def required(chosen: Settings, *names: str) -> Settings:
    """The settings, or SettingsError with every secret that is missing."""
    if chosen.wechat.mode != "plain" and "wechat.token" in names:
        names += ("wechat.encoding_aes_key",)
    chosen.require(*names)
    return chosen


@click.command("run")
@click.option("--demo", "with_demo", is_flag=True, help="带示例数据和模拟器，不需要公众号")
@port_option
@click.option("--with-parent", is_flag=True, hidden=True, help="stop when whoever started it ends (make run)")
def run_command(with_demo: bool, port: int | None, with_parent: bool) -> int:
    """启动全部进程；Ctrl-C 停止，什么都不会留下。"""
    from bot.processes import demo
    from bot.processes.children import die_with
    from bot.processes.data_folder import DataFolder, Unusable, reason
    from bot.supervisor import Report, Supervisor

    if with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    chosen = load_settings()
    if not with_demo:
        _required_or_demo(chosen)
    port = port or chosen.web.port
    if with_demo and port > 65534:
        raise click.ClickException("模拟器用下一个端口，所以 --port 最大是 65534。")
    os.environ[variable("web.port")] = str(port)
    folder, report = DataFolder(chosen.data_dir), Report()
    try:
        report.begin(chosen)
        folder.open()
        if with_demo and demo.prepare(chosen.data_dir, port):
            report.done("演示", f"密钥已生成在 {chosen.data_dir / 'demo.yaml'}")
        supervisor = Supervisor(load_settings(), report, simulator_port=port + 1 if with_demo else None)
        return supervisor.run(folder)
    except Unusable as why:
        raise click.ClickException(str(why)) from why
    except OSError as error:
        raise click.ClickException(reason(error, chosen.data_dir)) from error
    finally:
        folder.close()


def _required_or_demo(chosen: Settings) -> None:
    try:
        required(chosen, *dict.fromkeys(WEB_NEEDS + WORK_NEEDS))
    except SettingsError as error:
        raise click.ClickException(f"{error}\n只想先看看的话：python -m bot run --demo") from None
    if (chosen.data_dir / "demo.yaml").exists():
        click.secho(
            f"这个数据文件夹是演示用的（{chosen.data_dir / 'demo.yaml'}）；正式使用请换 BOT_DATA_DIR。", fg="yellow"
        )


@click.command("serve")
@port_option
def serve_command(port: int | None) -> None:
    """只启动网页和回调；多台机器时每台一个或几个。"""
    chosen = required(settings(), *WEB_NEEDS)
    _without_valkey(chosen)
    _count_together(chosen)
    _gunicorn("gunicorn.conf.py", "wsgi:app", f"{chosen.web.host}:{port or chosen.web.port}")


@click.command("simulate")
@click.option("--port", type=click.IntRange(1, 65535), help="端口，默认见 config.yaml 的 simulator.port")
def simulate_command(port: int | None) -> None:
    """只启动微信模拟器：手机页面、微信的接口、回调。"""
    chosen = required(settings(), *SIMULATOR_NEEDS)
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    port = port or chosen.simulator.port
    click.echo(f"手机页面  http://127.0.0.1:{port}/   推送到  {chosen.simulator.callback_url}")
    _gunicorn("gunicorn.simulator.py", "bot.processes.simulator:app()", f"127.0.0.1:{port}")


def _count_together(chosen: Settings) -> None:
    """The processes of one machine add up their numbers in one folder; a supervisor chose it already."""
    from bot.processes.data_folder import Unusable, private_folder

    try:
        folder = private_folder(chosen.runtime_dir) / "metrics"
        folder.mkdir(exist_ok=True)
    except Unusable as why:
        raise click.ClickException(str(why)) from why
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))


def _gunicorn(conf: str, app: str, bind: str) -> None:
    sys.stdout.flush()
    os.chdir(ROOT)
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / conf), "--bind", bind, app]
    os.execv(sys.executable, command)


def _without_valkey(chosen: Settings) -> None:
    if not chosen.redis.url and not chosen.valkey_socket.exists():
        click.secho(
            "没有 Valkey（内置的由 run 启动，或设置 BOT_REDIS__URL）：能回答，但会慢一些。", fg="yellow", err=True
        )


@click.command("work")
@click.option("--once", is_flag=True, help="做完现在该做的一轮就结束")
@click.option("--at", "at", help="当作是这个时刻（ISO 写法，没有时区就按北京时间），与 --once 一起用")
def work_command(once: bool, at: str | None) -> None:
    """后台任务：提醒、候补通知、推送。"""
    if at and not once:
        raise click.UsageError("--at 要和 --once 一起用。")
    chosen = required(settings(), *WORK_NEEDS)
    instant = moment(at, chosen) if at else None
    _count_together(chosen)

    from bot import logs
    from bot.parts import build
    from bot.push import worker

    logs.configure(chosen, "worker")
    _without_valkey(chosen)
    gc.freeze()  # what is loaded stays: the collector need not look at it again and again while rows pass
    worker.run(build(chosen), once=once, at=instant)


def moment(text: str, chosen: Settings) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError("--at 请写成 2026-05-01T09:00 或 2026-05-01T09:00+08:00。") from None
    local = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(chosen.organisation.timezone))
    return local.astimezone(timezone.utc)


@click.command("prepare", hidden=True)
@click.option("--demo", "with_demo", is_flag=True)
def prepare_command(with_demo: bool) -> None:
    """What the supervisor needs done before web and worker start: the newest tables, in a demo sample data."""
    from bot import logs
    from bot.storage.database import Database

    logs.configure(settings(), "prepare")
    database = Database(settings().database_url)
    database.upgrade()
    if with_demo:
        load_samples(database, settings())


def load_samples(database: Database, chosen: Settings) -> None:
    """Activities dated from today (by the clock that the demo follows) and people in them."""
    from bot import clock
    from bot.services.rules import Rules
    from bot.services.samples import loading
    from bot.services.samples.history import load_history
    from bot.storage.crypto import Cipher

    with database.session() as db:
        cipher, rules = Cipher(chosen.security.key), Rules.of(chosen)
        loading.load_samples(db, cipher, clock.now(), rules=rules)
        load_history(db, cipher, clock.now(), rules=rules)
        db.commit()
