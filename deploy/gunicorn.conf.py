"""gunicorn for the web: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`; the supervisor and `serve` use it too."""

from bot import logs
from bot.processes import serving
from bot.settings import settings

logs.configure(settings(), "web")

bind = f"{settings().web.host}:{settings().web.port}"
worker_class = "gthread"
workers = settings().web.workers
threads = settings().web.threads
preload_app = True  # jieba and the library are read once, before the fork
timeout = 30
graceful_timeout = 10
keepalive = 5
backlog = 2048
control_socket_disable = True
worker_tmp_dir = serving.WORKER_TMP_DIR
logger_class = serving.Lines
pre_fork = serving.pre_fork
post_fork = serving.post_fork
child_exit = serving.child_exit
