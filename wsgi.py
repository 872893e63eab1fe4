"""For gunicorn: ``gunicorn wsgi:app``."""

from bot import logs
from bot.app import create_app
from bot.settings import settings

logs.configure(settings(), "web")
app = create_app(settings())
