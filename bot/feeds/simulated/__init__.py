"""A made-up market, the same for the same seed: what a new user sees before there is a config.toml."""

from bot.feeds.simulated.market import SimulatedMarket

__all__ = ["SimulatedMarket"]
