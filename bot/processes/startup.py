"""What the supervisor says on the terminal: calm, one line for each thing, the addresses at the end."""

from __future__ import annotations

import time

from rich.console import Console
from rich.table import Table

from bot.settings import Settings


class Report:
    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._began_at = time.monotonic()

    def begin(self, settings: Settings) -> None:
        self._console.print(f"[bold]青声[/bold] · {settings.organisation.name} · 数据在 {settings.data_dir}")

    def done(self, what: str, how: str = "") -> None:
        self._console.print(f"  [green]✓[/green] {what}  [dim]{how}[/dim]")

    def note(self, text: str) -> None:
        self._console.print(f"  [yellow]![/yellow] {text}")

    def ready(self, settings: Settings, demo: bool) -> None:
        web = f"http://127.0.0.1:{settings.web.port}"
        table = Table.grid(padding=(0, 2))
        if demo:
            table.add_row(
                "  手机页面", f"[bold]http://127.0.0.1:{settings.web.port + 1}/[/bold]", "在浏览器里像在微信里一样试"
            )
        table.add_row("  回调地址", f"{web}/wechat", "公众平台“服务器配置”里填它的公网地址")
        table.add_row("  就绪检查", f"{web}/readyz", "")
        table.add_row("  日志", str(settings.data_dir / "logs"), "")
        self.done("就绪", f"{time.monotonic() - self._began_at:.1f} 秒")
        self._console.print(table)
        self._console.print("按 Ctrl-C 停止，数据会保留。")

    def revived(self, name: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {name} 意外退出，已重新启动")

    def stopping(self) -> None:
        self._console.print("\n正在停止……")

    def stopped(self) -> None:
        self._console.print("已全部停止。")

    def refuse(self, why: str) -> int:
        """One line why not; the exit code."""
        Console(stderr=True, highlight=False, soft_wrap=True).print(why, style="red", markup=False)
        return 1
