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
            f"{path}: there is no project here. Change to a folder with a {SETTINGS_FILE}, "
            f"name one with --project, or make one with 'kg init DIR'."
        ) from None
    except (OSError, ValueError, RecursionError) as error:  # tomllib lets through numbers and nesting without end
        raise ProjectError(f"{path}: cannot be read: {error}. Correct the file.") from None
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
    wrong = [f"there is no setting '{key}'; those known are {', '.join(by_key)}" for key in values if key not in by_key]
    settings: dict[str, Any] = {}
    for key, setting in by_key.items():
        value = values.get(key, setting.default)
        if isinstance(value, date):
            value = value.isoformat()
        if value is None:
            wrong.append(f"the setting '{key}' is missing: {setting.help}")
        elif type(value) is not type(setting.default if setting.default is not None else ""):
            takes = "a number" if isinstance(setting.default, int) else "text"
            wrong.append(f"'{key}' is {value!r}; it takes {takes}: {setting.help}")
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
            wrong.append(f"'{key}' is {value!r}; give an http or https address that ends with a slash")
    wrong += [
        f"'{key}' is {settings[key]!r}; give an address, as in https://example.org/about"
        for key in ("licence", "homepage", "publisher.homepage")
        if (settings[key] or key == "licence") and not is_iri(settings[key])
    ]
    wrong += [
        f"'{key}' is {settings[key]!r}; give one line without white space around it"
        for key in ("title.fr", "title.en", "publisher.name", "contact.name")
        if not is_one_line(settings[key])
    ]
    if settings["contact.email"] and not is_iri(f"mailto:{settings['contact.email']}"):
        wrong.append(f"'contact.email' is {settings['contact.email']!r}; give an address, as in name@example.org")
    if not re.fullmatch(r"\d+\.\d+\.\d+", settings["version"]):
        wrong.append(f"'version' is {settings['version']!r}; give three numbers, as in 1.0.0")
    if settings["released"] and not is_date(settings["released"]):
        wrong.append(f"'released' is {settings['released']!r}; give a date as YYYY-MM-DD, as in 2026-11-22")
    limits = [key for key in settings if key.startswith("limits.")]
    wrong += [f"'{key}' is {settings[key]}; give a number above zero" for key in limits if settings[key] <= 0]
    return wrong
