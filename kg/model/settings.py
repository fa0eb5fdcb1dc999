"""The settings of a project, one table, read from ``kg.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kg.model.errors import ProjectError
from kg.model.iris import is_iri
from kg.model.labels import is_one_line
from kg.model.messages import N_, worded

SETTINGS_FILE = "kg.toml"


@dataclass(frozen=True)
class Setting:
    """A setting of ``kg.toml``: key, default (None: required) and help."""

    key: str
    default: Any
    help: str


EXAMPLE_BASE = "https://example.org/"
"""The base until a project has its own, under which nothing can be reached."""

SETTINGS = (
    Setting("title.fr", None, "Title of the data set in French."),
    Setting("title.en", None, "Title of the data set in English."),
    Setting("description.fr", "", "One paragraph about the data set in French, for catalogues."),
    Setting("description.en", "", "One paragraph about the data set in English, for catalogues."),
    Setting("base", EXAMPLE_BASE, "Start of the IRIs of things and graphs; ends with a slash."),
    Setting(
        "public_url",
        "",
        "Where the service stands in public; else the base, or without a proxy the address listened on.",
    ),
    Setting("version", "0.1.0", "Version of the next release, X.Y.Z."),
    Setting("released", "", "Date of that version, YYYY-MM-DD; the only date that a release holds."),
    Setting("publisher.name", "", "Who publishes the data set."),
    Setting("publisher.homepage", "", "Home page of the publisher."),
    Setting("contact.name", "", "Whom to ask about the data set."),
    Setting("contact.email", "", "E-mail address to ask at."),
    Setting("homepage", "", "Home page of the data set or of its source code."),
    Setting(
        "licence",
        "https://creativecommons.org/licenses/by/4.0/",
        "Licence of statements, ids, labels and notes; the text and its quotes belong to their author.",
    ),
    Setting("limits.seconds", 10, "Longest time that a query may take."),
    Setting("limits.memory", 1_073_741_824, "Most bytes of memory that a query may use besides the graph."),
    Setting("limits.rows", 100_000, "Most rows or triples of an answer."),
    Setting("limits.bytes", 67_108_864, "Most bytes of an answer."),
)
"""The one table of settings; documentation and ``kg init`` derive from it."""


def is_date(text: str) -> bool:
    """Return whether a text is a day as xsd:date writes it, YYYY-MM-DD.

    ``date.fromisoformat`` alone takes the basic form and weeks of ISO 8601 too.
    """
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False


def read_settings(root: Path) -> dict[str, Any]:
    """Return the settings of the project in ``root`` by dotted key.

    Errors: ProjectError where there is no ``kg.toml`` or a setting is missing, unknown or wrong.
    """
    path = root / SETTINGS_FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ProjectError(
            "{path}: there is no project here. Change to a folder with a {settings_file}, "
            "name one with --project, or make one with 'kg init DIR'.",
            path=path,
            settings_file=SETTINGS_FILE,
        ) from None
    except (OSError, ValueError, RecursionError) as error:  # tomllib lets through numbers and nesting without end
        raise ProjectError("{path}: cannot be read: {error}. Correct the file.", path=path, error=error) from None
    return _settings(path, raw)


def _flatten(table: dict[str, Any], start: str = "") -> dict[str, Any]:
    """Return the table with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat.update(_flatten(value, f"{start}{key}.") if isinstance(value, dict) else {start + key: value})
    return flat


def _settings(path: Path, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a file with the defaults filled in.

    Each must have the type of its default.
    """
    values = _flatten(raw)
    by_key = {setting.key: setting for setting in SETTINGS}
    wrong = [
        worded("there is no setting '{key}'; those known are {known}", key=key, known=", ".join(by_key))
        for key in values
        if key not in by_key
    ]
    settings: dict[str, Any] = {}
    for key, setting in by_key.items():
        value = values.get(key, setting.default)
        if isinstance(value, date):
            value = value.isoformat()
        if value is None:
            wrong.append(worded("the setting '{key}' is missing: {help}", key=key, help=worded(setting.help)))
        elif type(value) is not type(setting.default if setting.default is not None else ""):
            takes = worded("a number") if isinstance(setting.default, int) else worded("text")
            wrong.append(
                worded(
                    "'{key}' is {value}; it takes {takes}: {help}",
                    key=key,
                    value=repr(value),
                    takes=takes,
                    help=worded(setting.help),
                )
            )
        settings[key] = value
    if not wrong:
        wrong += _wrong_values(settings)
    if wrong:
        raise ProjectError("\n".join(f"{path}: {line}" for line in wrong))
    return settings


def _wrong_values(settings: dict[str, Any]) -> list[str]:
    """Return what is wrong with values of the right type."""
    wrong = []
    for key in ("base", "public_url"):
        value = settings[key]
        if (value or key == "base") and not (re.fullmatch(r"https?://[^#?]+/", value) and is_iri(value)):
            message = N_("'{key}' is {value}; give an http or https address that ends with a slash")
            wrong.append(worded(message, key=key, value=repr(value)))
    wrong += [
        worded(
            "'{key}' is {value}; give an address, as in https://example.org/about", key=key, value=repr(settings[key])
        )
        for key in ("licence", "homepage", "publisher.homepage")
        if (settings[key] or key == "licence") and not is_iri(settings[key])
    ]
    wrong += [
        worded("'{key}' is {value}; give one line without white space around it", key=key, value=repr(settings[key]))
        for key in ("title.fr", "title.en", "publisher.name", "contact.name")
        if not is_one_line(settings[key])
    ]
    if settings["contact.email"] and not is_iri(f"mailto:{settings['contact.email']}"):
        message = N_("'contact.email' is {value}; give an address, as in name@example.org")
        wrong.append(worded(message, value=repr(settings["contact.email"])))
    if not re.fullmatch(r"\d+\.\d+\.\d+", settings["version"]):
        wrong.append(worded("'version' is {value}; give three numbers, as in 1.0.0", value=repr(settings["version"])))
    if settings["released"] and not is_date(settings["released"]):
        wrong.append(
            worded(
                "'released' is {value}; give a date as YYYY-MM-DD, as in 2026-11-22", value=repr(settings["released"])
            )
        )
    limits = [key for key in settings if key.startswith("limits.")]
    wrong += [
        worded("'{key}' is {value}; give a number above zero", key=key, value=settings[key])
        for key in limits
        if settings[key] <= 0
    ]
    return wrong
