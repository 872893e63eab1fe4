"""For gunicorn: ``gunicorn wsgi:app``."""

from bot.app import create_app
from bot.settings import settings

app = create_app(settings())
