"""Pictures: what they show as plain values, how they are painted, and the process that does it.

Only the painting modules know matplotlib, and nobody but `worker.py`, in a process of its own, imports them.
"""
