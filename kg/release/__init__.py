"""A release: everything that ``dist/`` holds, made in memory and written in one step."""
