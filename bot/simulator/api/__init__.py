"""The families of WeChat's API; importing this package fills the table of endpoints."""

from bot.simulator.api import messages, tokens

__all__ = ["messages", "tokens"]
