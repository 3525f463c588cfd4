"""A process that paints nothing, and answers at once, for tests of whoever asks it."""

from __future__ import annotations

import sys

# Speaks as the real one does, and answers with how many it was asked for; a title says what else to do.
_FAKE = """
import sys, os, pickle, struct, time
asked, answered = sys.stdin.buffer, sys.stdout.buffer
count = 0
while len(head := asked.read(4)) == 4:
    chart, theme = pickle.loads(asked.read(struct.unpack(">I", head)[0]))
    count += 1
    match chart.title:
        case "die":
            os._exit(3)
        case "hang":
            asked.read()
        case "wait":  # until a file is there
            while not os.path.exists(sys.argv[1]):
                time.sleep(0.005)
            answer = b"+late"
        case "fail":
            answer = b"-ValueError: no ink"
        case "garbage":
            answered.write(b"\\xff" * 100)
            answered.flush()
            continue
        case _:
            answer = b"+" + f"{count} {os.getpid()} {chart.title} {theme}".ljust(100).encode()
    answered.write(struct.pack(">I", len(answer)) + answer)
    answered.flush()
"""
WORKER = (sys.executable, "-c", _FAKE)
