"""Filings from the SEC's EDGAR: its hours, its lists, one door for all requests, the feed and its history."""
