"""The group that the commands register with, and where errors become messages and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kg import __version__
from kg.endpoint.problems import EndpointError
from kg.model.errors import KgError

ORDER = ("init", "check", "find", "rename", "build", "diff", "query", "serve", "push", "site", "propose")
"""The commands in the order of the work."""


class Program(click.Group):
    """The group of commands; turns errors of the package into messages and exit codes, here and nowhere else."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error of the package becomes its message on standard error and its exit code."""
        try:
            return super().invoke(ctx)
        except (KgError, EndpointError) as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        """The commands in the order of the work."""
        return sorted(self.commands, key=ORDER.index)


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kg")
@click.option(
    "--project",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project folder, the one with kg.toml; the current folder unless told.",
)
@click.pass_context
def program(ctx: click.Context, root: Path) -> None:
    """Turn texts into a knowledge graph in which every statement opens on the sentence that says it."""
    ctx.obj = root


def main() -> None:
    """Run the program."""
    program(prog_name="kg")
