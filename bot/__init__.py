"""The bot: feeds, the refresh cycle, alerts, commands and chats."""
