"""What the supervisor says on the terminal: calm, one line for each thing, the addresses at the end."""

from __future__ import annotations

import time
from typing import IO

from rich.console import Console
from rich.markup import escape

from bot.settings import Settings


class Terminal(Console):
    """rich ends the program when its reader is gone; we do not."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


def demo_password(settings: Settings) -> str:
    from bot.services.samples.county import demo_password  # only a demo needs the tables here
    from bot.storage.crypto import Cipher

    return demo_password(Cipher(settings.security.key))


class Report:
    def __init__(self, file: IO[str] | None = None) -> None:
        self._console = Terminal(file=file, highlight=False, soft_wrap=True)
        self._began_at = time.monotonic()

    @property
    def deaf(self) -> bool:
        """Nobody reads any more (`make run | head`, a closed terminal); the processes go on all the same."""
        return self._console.quiet

    def _say(self, line: str) -> None:
        try:
            self._console.print(line)
        except OSError:
            self._console.quiet = True

    def begin(self, settings: Settings) -> None:
        self._say(f"[bold]青声[/bold] · {settings.organisation.name} · 数据在 {escape(str(settings.data_dir))}")

    def done(self, what: str, how: str = "") -> None:
        self._say(f"  [green]✓[/green] {what}  [dim]{escape(how)}[/dim]")

    def ready(self, settings: Settings, demo: bool) -> None:
        web = f"http://127.0.0.1:{settings.web.port}"
        self.done("就绪", f"{time.monotonic() - self._began_at:.1f} 秒")
        if demo:
            phone = f"http://127.0.0.1:{settings.web.port + 1}/"
            self._say(f"  手机页面  [bold]{phone}[/bold]  在浏览器里打开，像在微信里一样试")
            self._say(f"  工作台    [bold]{web}/console/[/bold]  登录名 demo-admin，密码 {demo_password(settings)}")
        else:
            self._say(f"  工作台    {web}/console/  [dim]帐号用 python -m bot staff add 新增[/dim]")
        self._say(f"  回调地址  {web}/wechat  [dim]公众平台“服务器配置”里填它的公网地址[/dim]")
        self._say(f"  就绪检查  {web}/readyz")
        self._say(f"  日志文件  {escape(str(settings.data_dir / 'logs'))}")
        self._say("按 Ctrl-C 停止，数据会保留。")

    def revived(self, name: str) -> None:
        self._say(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {name} 意外退出，已重新启动")

    def stopping(self) -> None:
        self._say("\n正在停止……")

    def stopped(self) -> None:
        self._say("已全部停止。")

    def refuse(self, why: str) -> int:
        """One line why not; the exit code."""
        Console(stderr=True, highlight=False, soft_wrap=True).print(why, style="red", markup=False)
        return 1
