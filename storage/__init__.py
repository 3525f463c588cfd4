"""What is remembered: ``open_storage(url)`` gives one object with all repositories."""

from storage.database import DatabaseUnusableError
from storage.store import Storage, Transaction, open_storage

__all__ = ["DatabaseUnusableError", "Storage", "Transaction", "open_storage"]
