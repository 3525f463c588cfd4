"""Readers for `tocsin import`: good rows out, bad rows with file, line and reason."""
