"""anomalies: check-ins that do not look like people arriving. poster: the code to print and hang up at the entrance."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.commands.people import opened
from bot.settings import settings


@click.command("anomalies")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="看最近多少天结束的活动")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def anomalies_command(days: int, as_json: bool) -> None:
    """签到异常：没人签到、一分钟内全签完、人不在集合点、远处用码、一个微信或手机号签了几个人。"""
    from bot import clock
    from bot.language.dates import moment
    from bot.services import anomalies
    from bot.services.rules import Rules

    chosen = settings()
    with opened(chosen) as db:
        odd = anomalies.found(db, clock.now(), days=days, rules=Rules.of(chosen))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in odd], ensure_ascii=False, default=str, indent=2))
        return
    zone = ZoneInfo(chosen.organisation.timezone)
    for one in odd:
        facts = "，".join(f"{name}={value}" for name, value in one.facts.items())
        click.echo(f"{moment(one.starts_at, zone)} {one.code} {one.title}：{anomalies.KINDS[one.kind]}（{facts}）")
    click.echo(f"共{len(odd)}条线索；是不是问题，请人来看。" if odd else f"近{days}天没有看到异常。")


LONGEST = timedelta(days=30)
"""WeChat keeps a temporary QR code no longer."""


@click.command("poster")
@click.argument("code", metavar="活动编号")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="图片.png")
def poster_command(code: str, file: Path) -> None:
    """现场签到二维码：打印出来贴在集合点，扫一次签到，走时再扫一次签退；过了这一场就失效。"""
    from bot import clock
    from bot.commands.menu import ACCESS, explained
    from bot.commands.run import required
    from bot.parts import build
    from bot.services import check_in, nearby
    from bot.services.rules import Rules
    from bot.wechat.failures import CallFailed

    chosen = required(settings(), *ACCESS)
    now, rules = clock.now(), Rules.of(chosen)
    parts = build(chosen)
    with opened(chosen) as db:
        shift = nearby.next_shift(db, code.upper(), now, rules)
        if shift is None:
            raise click.ClickException(f"{code} 没有还没结束的场次。")
        title, has_place = f"{code.upper()} {shift.activity.title}", shift.activity.latitude is not None
        scene, left = check_in.scene(parts.cipher, shift.id), nearby.closes_at(shift, rules) - now
    if left > LONGEST:
        raise click.ClickException("离活动还有30天以上，微信的临时二维码保存不了这么久，请近了再做。")
    try:
        picture = check_in_picture(parts.client, scene, round(left.total_seconds()))
    except CallFailed as error:
        raise click.ClickException(f"微信没有接受：{explained(error)}") from error
    file.write_bytes(picture)
    click.echo(f"{title} 的签到码已存到 {file}，到这一场签退结束为止有效。")
    if not has_place:
        click.echo(
            "注意：这个活动没有写集合点的坐标，码被拍下来传走也能签到。最好补上坐标，或者改用负责人手机上的6位签到码。"
        )


def check_in_picture(client: Any, scene: str, seconds: int) -> bytes:
    """A parametric QR code of WeChat with this scene, good for so many seconds, as a PNG or JPEG."""
    asked = {"expire_seconds": seconds, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
    content: bytes = client.qr_image(client.qrcode.create(asked)["ticket"]).content
    return content
