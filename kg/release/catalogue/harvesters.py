"""Settings that catalogue harvesters need and a project lacks."""

from __future__ import annotations

import re

from kg.model.messages import N_, worded
from kg.model.project import Project
from kg.release.catalogue.authority_lists import is_known_licence

EXAMPLE = "https://example.org/"
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+\Z")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+\Z")
_SHORTEST = 50
"""Dataset search engines leave out a description with fewer characters."""


def is_address(value: str) -> bool:
    """Return whether a setting holds an address that can be an IRI."""
    return _ADDRESS.match(value) is not None


def is_email(value: str) -> bool:
    """Return whether a setting holds an e-mail address."""
    return _EMAIL.match(value) is not None


def missing_for_harvesters(project: Project) -> list[str]:
    """Return what data portals will miss, with the remedy for ``kg.toml``.

    These are data.gouv.fr, data.europa.eu and dataset search engines.
    """
    missing = []
    if EXAMPLE in (project["base"], project.public_url):
        missing.append(
            worded(
                "the addresses of things and files begin with https://example.org/ and lead nowhere; "
                'set base = "https://…/" (and public_url, where the service stands elsewhere)'
            )
        )
    missing += _missing_descriptions(project)
    missing += _missing_agents(project)
    if not project["released"]:
        missing.append(worded("there is no date of issue: portals sort by it; set released = YYYY-MM-DD"))
    if project["homepage"] and not is_address(project["homepage"]):
        missing.append(
            worded(
                "'homepage' is {value}, which is no address; give one that begins with https://",
                value=repr(project["homepage"]),
            )
        )
    if not is_known_licence(project["licence"]):
        missing.append(
            worded(
                "the licence {licence} is none that portals know by its address; "
                'set licence = "https://creativecommons.org/licenses/by/4.0/" or another of Creative Commons',
                licence=project["licence"],
            )
        )
    return missing


def _missing_descriptions(project: Project) -> list[str]:
    missing = []
    for tag, language in (("fr", N_("French")), ("en", N_("English"))):
        if len(project[f"description.{tag}"]) < _SHORTEST:
            missing.append(
                worded(
                    "there is no description of {number} characters or more in {language}: search engines leave the "
                    'data set out; set [description] {tag} = "…"',
                    number=_SHORTEST,
                    language=worded(language),
                    tag=tag,
                )
            )
    return missing


def _missing_agents(project: Project) -> list[str]:
    missing = []
    if not project["publisher.name"]:
        missing.append(worded('there is no publisher, which DCAT-AP demands; set [publisher] name = "…"'))
    if not is_address(project["publisher.homepage"]):
        missing.append(worded('the publisher has no home page; set [publisher] homepage = "https://…"'))
    if not project["contact.name"]:
        missing.append(worded('there is nobody to ask; set [contact] name = "…"'))
    if not is_email(project["contact.email"]):
        missing.append(worded('there is no e-mail address to ask at, which portals show; set [contact] email = "…"'))
    return missing
