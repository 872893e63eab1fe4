"""gunicorn for the simulator: one process, because it keeps its world in memory; many threads, because it waits."""

from bot import logs
from bot.processes import serving
from bot.settings import settings

logs.configure(settings(), "simulator")

bind = f"127.0.0.1:{settings().simulator.port}"
worker_class = "gthread"
workers = 1
threads = 128
timeout = 60
graceful_timeout = 3
keepalive = 5
control_socket_disable = True
worker_tmp_dir = serving.WORKER_TMP_DIR
logger_class = serving.Lines
post_fork = serving.post_fork
