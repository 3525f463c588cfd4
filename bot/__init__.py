"""The bot: feeds, the refresh cycle, alerts, commands and chats."""

__version__ = "0.1.0"
