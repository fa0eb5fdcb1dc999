"""The program ``kg``: one command a verb, each a few lines around a function of the package.

Exit codes: 0 it holds, 1 it does not (problems, violations, differences), 2 it could not be done.
Modules of the package are imported inside the commands, so that each starts with what it needs only.
"""

from kg.cli import ask, curate, make, publish, push
from kg.cli.program import as_json, main, program

__all__ = ["as_json", "ask", "curate", "main", "make", "program", "publish", "push"]
