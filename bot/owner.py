"""Who holds a lease: a name for this process, and whether another one is known to have ended."""

from __future__ import annotations

import os
import secrets
import socket


def owner_name() -> str:
    """A name for this process, unlike any before: in a container each start has the same host name and number."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(owner: str) -> bool:
    """Whether an owner was a process of this machine that has ended: nothing of it need wait for a lease.

    To be asked of others only: one that had our number has ended, for we have it now.
    """
    host, _, number = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return True
    try:
        os.kill(int(number), 0)  # signal 0 only asks
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it lives, and is somebody else's
    return False
