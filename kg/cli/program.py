"""The group of commands, where errors become messages and exit codes."""

from __future__ import annotations

import gettext
import json
import os
from collections.abc import Mapping, Sequence
from copy import copy
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from kg import __version__
from kg.endpoint.problems import EndpointError, ProblemError
from kg.model.errors import KgError, ReleaseError
from kg.model.folders import reason
from kg.model.languages import LANGUAGES
from kg.model.messages import (
    LOCALE,
    N_,
    VARIABLE,
    CatalogueError,
    N_plural,
    language_of_locale,
    speak,
    spoken,
    worded,
)

ORDER = ("init", "add", "check", "find", "rename", "build", "diff", "query", "serve", "push", "site", "propose")
"""The commands in the order of the work."""


_FOR_CLICK = "LANGUAGE"
"""The variable that names the language of click's own words, for the module gettext."""

_OF_CLICK = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("default: {default}"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Missing command."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Option {name!r} does not take a value."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("Could not open file {filename!r}: {message}"),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_plural("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    N_plural("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    N_plural("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    N_plural("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
)
"""What click says in its help, and of a command line that it does not understand.

It puts the colon behind a heading: a French one ends with the space before it.
"""

gettext.bindtextdomain("kg", str(LOCALE))
gettext.textdomain("kg")


def _speak(language: str) -> None:
    """Speak a language, and let click do so."""
    speak(language)
    os.environ[_FOR_CLICK] = language


def _speak_as_asked(_: click.Context, __: click.Parameter, language: str | None) -> None:
    """Speak the language that was asked for, if any."""
    if language:
        _speak(language)


language_option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=_speak_as_asked,
    help="Language of the words; that of the locale unless told.",
)


def paragraphs(text: str | None) -> list[str]:
    """Return the paragraphs of a help, each a line and a message."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n")]


class SpokenCommand(click.Command):
    """A command with its help in the language of the terminal."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line, ``--language`` before ``--help`` wherever it stands."""
        asked = next((option for option in self.params if option.callback is _speak_as_asked), None)
        given = self.make_parser(ctx).parse_args(args=list(args))[0].get(str(asked.name)) if asked else None
        if given in LANGUAGES:
            _speak(given)
        return super().parse_args(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option ``--help``, which click words once only."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = worded("Show this message and exit.")
        return option

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  the signature is click's
        """Return the first paragraph, for the list of commands."""
        return worded(paragraphs(self.help)[0])

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help."""
        said = copy(self)
        said.help = "\n\n".join(map(worded, paragraphs(self.help)))
        said.params = [copy(param) for param in self.params]
        for param in said.params:
            if isinstance(param, click.Option) and param.help:
                param.help = worded(param.help)
        super(SpokenCommand, said).format_help(ctx, formatter)


class Program(SpokenCommand, click.Group):
    """The group of commands, which turns errors into messages and exit codes."""

    command_class = SpokenCommand

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run in the language of KG_LANGUAGE, else of the locale."""
        before = spoken(), {name: os.environ.get(name) for name in (VARIABLE, _FOR_CLICK)}
        asked = os.environ.get(VARIABLE)
        _speak(asked if asked in LANGUAGES else language_of_locale(os.environ))
        try:
            return super().main(*arguments, **options)
        finally:
            speak(before[0])
            for name, value in before[1].items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; each has the option for its language.

        For ``add`` the language is that of the text.
        """
        has_one = any("--language" in option.opts for option in cmd.params)
        super().add_command(cmd if has_one else language_option(cmd), name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command.

        An error of the package becomes its message on standard error and its exit code.
        """
        try:
            return super().invoke(ctx)
        except (KgError, EndpointError, CatalogueError) as error:
            click.echo(_words(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo(worded("Stopped."), err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        """Return the commands in the order of the work."""
        return sorted(self.commands, key=ORDER.index)


def _words(error: Exception) -> str:
    """Return the words of an error in the language of the terminal."""
    if not isinstance(error, ProblemError):
        return str(error)
    _, *texts = error.types[error.name]
    return " ".join(error.filled(worded(text)) for text in texts if text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_step(step: str) -> None:
    """Print a line of progress on standard error."""
    click.echo(f"· {step}", err=True)


def write_report(path: Path | None, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows as JSON to the file named, if any."""
    if path is not None:
        write_text(path, json.dumps(rows, ensure_ascii=False, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that the user names, whole or not at all.

    Errors: ReleaseError where it cannot be written.
    """
    place = path.resolve() if path.is_symlink() else path
    is_file = place.is_file() or not place.exists()
    draft = place.with_name(f".{place.name}.{os.getpid()}") if is_file else place  # which may be /dev/stdout
    try:
        try:
            draft.write_text(text, encoding="utf-8")
            if is_file:
                draft.replace(place)
        finally:
            if is_file:
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise ReleaseError("{path}: cannot be written: {error}", path=path, error=reason(error)) from None


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kg", help=N_("Show the version and exit."))
@click.option(
    "--project",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project folder, the one with kg.toml; the current folder unless told.",
)
@language_option
@click.pass_context
def program(ctx: click.Context, root: Path) -> None:
    """Turn texts into a knowledge graph in which every statement opens on the sentence that says it."""
    ctx.obj = root


def main() -> None:
    """Run the program."""
    program(prog_name="kg")
