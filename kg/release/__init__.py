"""Releases: everything that ``dist/`` holds, built in memory and written at once."""
