"""`python -m bot`: the table of commands; each is loaded when it is called, and errors are one line with what to do."""

from __future__ import annotations

import difflib
import importlib
import re
import sys
from typing import Any

import click

from bot.settings_sources import SettingsError

COMMANDS = {
    "run": ("bot.commands.run", "启动全部进程；--demo 带示例数据和模拟器"),
    "serve": ("bot.commands.run", "只启动网页和回调（gunicorn）"),
    "work": ("bot.commands.run", "只做后台任务：提醒、候补通知、推送"),
    "simulate": ("bot.commands.run", "只启动微信模拟器"),
    "check": ("bot.commands.check", "体检：设置、数据库、Valkey、微信、菜单，各一行"),
    "faq": ("bot.commands.faq", "知识库：检查、测试、试问、没答上来的问题"),
    "db": ("bot.commands.db", "数据库：升级、备份、恢复、核对"),
    "menu": ("bot.commands.menu", "自定义菜单：检查、比较、发布"),
    "templates": ("bot.commands.templates", "模板消息和订阅通知：对照帐号检查、列出"),
    "tags": ("bot.commands.tags", "粉丝的标签：打上、收回、清单"),
    "staff": ("bot.commands.staff", "工作人员帐号：新增、绑定、值班、角色、停用、重设密码"),
    "team": ("bot.commands.teams", "志愿队伍和负责人"),
    "certificate": ("bot.commands.certificates", "志愿服务证明：查验、打印、盖章、作废"),
    "hours": ("bot.commands.hours", "时长：手工补记的清单、录入、审核，到期没结算的活动"),
    "reward": ("bot.commands.rewards", "益币商城：上架、补货、清单"),
    "activity": ("bot.commands.activities", "活动：提交、审核、取消、排班"),
    "broadcast": ("bot.commands.broadcasts", "群发：起草、预览、审核、发送、看结果"),
    "policy": ("bot.commands.insurance", "保单：登记、用到活动上"),
    "expert": ("bot.commands.questions", "青年之声的专家：方向、轮到多少、不在的日子"),
    "question": ("bot.commands.questions", "青年之声：超时的提问、数字、常用语"),
    "import": ("bot.commands.people", "从表格导入活动"),
    "export": ("bot.commands.people", "导出为表格"),
    "poster": ("bot.commands.attendance", "现场签到二维码，打印了贴在集合点"),
    "anomalies": ("bot.commands.attendance", "签到异常：没人签到、挤在一分钟、不在集合点"),
    "prepare": ("bot.commands.run", ""),
}
HIDDEN = {"prepare"}


class Commands(click.Group):
    """A command's file is imported only for that command: one that is broken leaves the others alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[name][0])
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("命令"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def bot() -> None:
    """青声：听得懂年轻人说话的共青团微信公众号。"""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; what went wrong becomes one line on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        result: Any = bot.main(arguments, prog_name="python -m bot", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "python -m bot"
        return _say(f"{_in_chinese(error)}（用法见 {where} --help）", 2)
    except click.ClickException as error:
        return _say(error.format_message(), 1)
    except SettingsError as error:
        return _say(str(error), 1)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return 0  # `… | head` has read enough
    except Exception as error:
        known = _about_the_database(error)
        if known is None:
            raise  # unforeseen: the traceback helps whoever mends it
        return _say(known, 1)
    return result if isinstance(result, int) else 0


def _about_the_database(error: Exception) -> str | None:
    """Looked up, not imported: most commands never load SQLAlchemy."""
    ours, theirs = sys.modules.get("bot.storage.errors"), sys.modules.get("sqlalchemy.exc")
    if ours and isinstance(error, ours.StorageError):
        return f"数据库现在用不了：{error}。python -m bot check 会说明怎么办。"
    if theirs and isinstance(error, theirs.DBAPIError) and re.search("no such table|UndefinedTable", str(error)):
        return "数据库还没有建立，或不是这一版的结构。执行：python -m bot db upgrade"
    return None


def _in_chinese(error: click.UsageError) -> str:
    """click's own complaints; ours are Chinese already."""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}" + _perhaps(error.option_name, error.possibilities or [])
    if isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else error.param_hint
        return f"还缺少 {name}"
    if isinstance(error, click.BadParameter) and error.message.isascii():
        name = error.param.make_metavar(error.ctx) if isinstance(error.param, click.Argument) and error.ctx else ""
        return (name or str(error.param.opts[0] if error.param else error.param_hint)) + _expected(error.param)
    if error.message.startswith("No such command") and isinstance(
        error.ctx.command if error.ctx else None, click.Group
    ):
        assert error.ctx is not None and isinstance(error.ctx.command, click.Group)
        word = error.message.split("'")[1]
        return f"没有命令 {word}" + _perhaps(word, error.ctx.command.list_commands(error.ctx))
    return error.format_message()


def _expected(parameter: click.Parameter | None) -> str:
    kind = parameter.type if parameter else None
    if isinstance(kind, click.Choice):
        return f" 只能是 {'、'.join(kind.choices)}"
    if isinstance(kind, click.IntRange):
        return f" 应为 {kind.min} 到 {kind.max} 之间的整数"
    if isinstance(kind, click.File | click.Path):
        return " 打不开，请检查路径"
    return " 的值不合适"


def _perhaps(word: str, known: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"；是不是 {near[0]}？" if near else ""


def _say(text: str, code: int) -> int:
    click.secho(text, err=True, fg="red")
    return code
