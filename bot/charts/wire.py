"""How the bot and the process that paints talk to one another.

A message is its length in 4 bytes, big-endian, and so many bytes. Asked is a pickled (chart, theme); answered is one
byte, `OK` or `FAILED`, and then the PNG or the reason.
"""

from __future__ import annotations

import struct

LENGTH = struct.Struct(">I")
OK, FAILED = b"+", b"-"
