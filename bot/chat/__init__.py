"""Chat platforms: each a folder with render.py (View → the platform's form) and client.py."""
