"""The group of commands, where errors become messages and exit codes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from kg import __version__
from kg.endpoint.problems import EndpointError
from kg.model.errors import KgError, ReleaseError
from kg.model.languages import LANGUAGES

ORDER = ("init", "check", "find", "rename", "build", "diff", "query", "serve", "push", "site", "propose")
"""The commands in the order of the work."""


class Program(click.Group):
    """The group of commands, which turns errors into messages and exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command.

        An error of the package becomes its message on standard error and its exit code.
        """
        try:
            return super().invoke(ctx)
        except (KgError, EndpointError) as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        """Return the commands in the order of the work."""
        return sorted(self.commands, key=ORDER.index)


language_option = click.option(
    "--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True, help="Language of the words."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_step(step: str) -> None:
    """Print a line of progress on standard error."""
    click.echo(f"· {step}", err=True)


def write_report(path: Path | None, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows as JSON to the file named, if any."""
    if path is None:
        return
    try:
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ReleaseError(f"{path}: the report cannot be written: {error.strerror}.") from None


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
