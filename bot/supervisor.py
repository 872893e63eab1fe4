"""The processes of one machine: Valkey, web, worker and in a demo the simulator; none survives this one."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.processes import demo
from bot.processes.children import LINUX, Child, last_words
from bot.processes.data_folder import DataFolder, Unusable, empty, private_folder, reason, turn_over, wait_for
from bot.processes.embedded_valkey import EmbeddedValkey
from bot.processes.guard import Guard
from bot.processes.signals import Signals, Stopped
from bot.processes.startup import Report
from bot.settings import ROOT, Settings

READY_S = 90.0  # on a machine with much else to do; usually it takes three
STOP_S = 12.0
TICK_S = 0.2
LOGS_EVERY_S = 60.0


@dataclass
class Supervisor:
    """``simulator_port`` is given in a demo. The data folder is open and demo.yaml written."""

    settings: Settings
    report: Report
    simulator_port: int | None = None
    children: list[Child] = field(default_factory=list)  # started again when they die
    errands: list[Child] = field(default_factory=list)  # run once
    valkey: EmbeddedValkey | None = None
    guard: Guard | None = None
    environment: dict[str, str] = field(default_factory=dict)
    _sockets: list[socket.socket] = field(default_factory=list)
    _logs_turned_at: float = 0.0

    def run(self, folder: DataFolder) -> int:
        """Start everything, keep it running until a signal, stop everything. The exit code."""
        with Signals() as signals:
            try:
                self._start(folder, signals)
                self._keep_running(signals)
            except Stopped:
                self.report.stopping()
                return 0
            except Unusable as why:
                return self.report.refuse(str(why))
            except OSError as error:
                return self.report.refuse(reason(error, self.settings.data_dir))
            finally:
                self._stop(signals)
                self.report.stopped()
        return 0

    def _start(self, folder: DataFolder, signals: Signals) -> None:
        web_port = self.settings.web.port
        # After a kill -9 the last process may need a moment to let go of its port.
        patience = 5.0 if folder.left_in_a_hurry else 0.5
        web = self._listen(self.settings.web.host, web_port, patience)
        simulator = self._listen("127.0.0.1", self.simulator_port, patience) if self.simulator_port else None
        folder.sign(web_port)
        self.guard = None if LINUX else Guard()
        self.environment |= {
            "BOT_DATA_DIR": str(self.settings.data_dir),
            "BOT_WEB__PORT": str(web_port),
            "PROMETHEUS_MULTIPROC_DIR": str(empty(private_folder(self.settings.runtime_dir) / "metrics")),
        }
        if simulator:
            self.environment |= demo.environment(self.settings)
            self._spawn(
                self._gunicorn("simulator", "gunicorn.simulator.py", "bot.processes.simulator:app()", simulator)
            )
        if not self.settings.redis.url:
            self._start_valkey()
        faces = [self._gunicorn("web", "gunicorn.conf.py", "wsgi:app", web), self._python("worker", "bot", "work")]
        if simulator:
            self._spawn(faces.pop(0))  # nobody writes to it yet, so it may load while the tables are made
        self._prepare_database(signals)
        for child in faces:
            self._spawn(child)
        self._wait_ready(signals)
        if simulator:
            self._run_once(self._python("menu", "bot", "menu", "publish"))
        self.report.ready(self.settings, simulator is not None)

    def _listen(self, host: str, port: int, patience: float) -> socket.socket:
        """Held here, not in gunicorn: while its master comes back from a crash, callers wait instead of failing."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._sockets.append(listener)

        def bound() -> bool:
            try:
                listener.bind((host, port))
            except OSError:
                return False
            return True

        if not wait_for(bound, patience, 0.1):
            raise Unusable(f"端口 {port} 已被占用或不能使用。换一个，例如：python -m bot run --port {port + 100}")
        listener.listen(2048)
        return listener

    def _start_valkey(self) -> None:
        self.valkey = EmbeddedValkey(
            self.settings.data_dir / "valkey", self.settings.valkey_socket, self._log("valkey")
        )
        self._watch(self.valkey.start())
        self.report.done("Valkey", "内置")

    def _prepare_database(self, signals: Signals) -> None:
        words = ["prepare", *(["--demo"] if self.simulator_port else [])]
        child = self._run_once(self._python("prepare", "bot", *words))
        while child.alive:
            signals.check()
            signals.wait(TICK_S)
        if child.process and child.process.returncode:
            raise Unusable(f"数据库准备不了：{last_words(child)}")
        self.report.done("数据库", "SQLite" if self.settings.database_url.startswith("sqlite") else "PostgreSQL")

    def _gunicorn(self, name: str, conf: str, app: str, listener: socket.socket) -> Child:
        descriptor = listener.fileno()
        child = self._python(name, "gunicorn", "-c", f"deploy/{conf}", "--bind", f"fd://{descriptor}", app)
        child.pass_fds = (descriptor,)
        return child

    def _python(self, name: str, *words: str) -> Child:
        return Child(name, [sys.executable, "-m", *words], self._log(name), self.environment, folder=ROOT)

    def _log(self, name: str) -> Path:
        return self.settings.data_dir / "logs" / f"{name}.log"

    def _spawn(self, child: Child) -> None:
        child.start()
        self.children.append(child)
        self._watch(child)

    def _run_once(self, child: Child) -> Child:
        child.start()
        self.errands.append(child)
        self._watch(child)
        return child

    def _watch(self, child: Child) -> None:
        if self.guard and child.pid:
            self.guard.watch(child.pid)

    def _wait_ready(self, signals: Signals) -> None:
        until = time.monotonic() + READY_S
        while not self._ready:
            signals.check()
            self._revive()
            for child in self.children:
                if child.deaths > 2:
                    raise Unusable(f"{child.name} 启动不了：{last_words(child)}")
            if time.monotonic() > until:
                raise Unusable(f"{READY_S:.0f} 秒内没有就绪，原因在 {self._log('web').parent} 的日志里。")
            signals.wait(0.05)

    @property
    def _ready(self) -> bool:
        simulator = self.simulator_port is None or answers(self.simulator_port, "/")
        return simulator and answers(self.settings.web.port, "/readyz")

    def _keep_running(self, signals: Signals) -> None:
        while True:
            if signals.check():
                self._reload()
            self._revive()
            self.errands = [child for child in self.errands if child.alive]
            if time.monotonic() - self._logs_turned_at > LOGS_EVERY_S:
                self._logs_turned_at = time.monotonic()
                for log in (self.settings.data_dir / "logs").glob("*.log"):
                    turn_over(log)
            signals.wait(TICK_S)

    def _reload(self) -> None:
        """gunicorn starts new workers and lets the old ones finish what they have."""
        for child in self.children:
            if child.name == "web" and child.pid and child.alive:
                os.kill(child.pid, signal.SIGHUP)

    def _revive(self) -> None:
        if self.valkey and self.valkey.child and self.valkey.revive():
            self._watch(self.valkey.child)
            self.report.revived("Valkey")
        for child in self.children:
            if child.revive():
                self._watch(child)
                self.report.revived(child.name)

    def _stop(self, signals: Signals) -> None:
        """Those that need the others first: worker and web, then the simulator, then Valkey."""
        signals.forget()
        faces = [child for child in self.children if child.name != "simulator"]
        simulator = [child for child in self.children if child.name == "simulator"]
        valkey = [self.valkey.child] if self.valkey and self.valkey.child else []
        for group in (self.errands + faces, simulator, valkey):
            for child in group:
                child.ask_to_stop()
            until = time.monotonic() + STOP_S
            while any(child.alive for child in group) and time.monotonic() < until and not signals.impatient:
                signals.wait(TICK_S)
            for child in group:
                child.kill()
        if self.valkey:
            self.valkey.close()
        if self.guard:
            self.guard.close()
        for listener in self._sockets:
            listener.close()
        shutil.rmtree(self.settings.runtime_dir, ignore_errors=True)


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
