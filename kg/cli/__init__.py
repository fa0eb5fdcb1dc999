"""The program ``kg``: each command is a function that calls the package.

Exit codes: 0 it holds, 1 it does not (problems, violations, differences), 2 it could not be done.
Modules of the package are imported inside the commands, so that each command starts with what it needs only.
"""

from kg.cli import add_command, curator_commands, publisher_commands, push_command, reader_commands
from kg.cli.program import main, program

__all__ = [
    "add_command",
    "curator_commands",
    "main",
    "program",
    "publisher_commands",
    "push_command",
    "reader_commands",
]
