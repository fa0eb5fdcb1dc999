"""The lists of things by kind, with filters, order, pages and the query behind each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from kg.model.iris import OA, SR, is_iri
from kg.model.languages import Language
from kg.model.messages import translate
from kg.pages.lists.data import MANY, Facet, Listing, Lists
from kg.pages.lists.headings import class_words, heading, kinds_words
from kg.pages.lists.list_config import Frame, Kind, Way, is_whole
from kg.pages.lists.selection import FILTERS, Choice, Said, Selection, meant, spelled, written
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.graph_queries import LabelledNode, fetch_labels
from kg.pages.shared.kinds import KINDS
from kg.pages.shared.language import request_language
from kg.pages.shared.page_request import requested_page
from kg.pages.shared.problem_pages import PageError

_OWN = ("from", "to", "sort", "page", "open")
_OF_TEXTS = {SR + "Document", SR + "Assertion", OA + "SpecificResource"}
_YEAR = re.compile(r"-?\d{1,6}")


@dataclass(frozen=True)
class Entry:
    """A kind in the list of kinds: what its things are called, how many there are, and the class that colours it."""

    segment: str
    words: str
    count: int
    kind: str


@dataclass(frozen=True)
class Told:
    """What a page says of its list in the language of the page; addresses are what follows the path, with the ``?``.

    ``columns`` have name, address that sorts by them, and state of that order as ARIA names it; ``facets`` a name
    and values with name, number and address; ``chosen`` the name of a filter, its value, the address without it and
    how many things there are then. ``given`` are the parameters that a choice of years keeps.
    """

    title: str
    query: str
    columns: tuple[tuple[str, str, str], ...]
    facets: tuple[tuple[str, tuple[tuple[str, int, str], ...], Facet], ...]
    chosen: tuple[tuple[str, str, str, int | None], ...]
    given: tuple[tuple[str, str], ...]
    pages: tuple[str, str]
    first: str


def lists(context: AppContext) -> Blueprint:
    """The routes of the lists."""
    routes = Blueprint("lists", __name__)
    known = Lists(context.evaluate)

    @routes.get("/things")
    @routes.get("/en/things")
    def kinds() -> Response:
        return _kinds(context, known)

    @routes.get("/things/<segment>")
    @routes.get("/en/things/<segment>")
    def things(segment: str) -> Response:
        if segment not in known.kinds:
            abort(404)
        frame = known.frame(segment)
        selection = _selection(context, frame)
        listing = known.show(selection, requested_page(), request_language(), request.args.get("open", ""))
        told = _told(context, listing)
        return render_page(
            context, "lists/page.html", listing=listing, told=told, kind=frame.kind, segment=segment, most=MANY
        )

    return routes


def _kinds(context: AppContext, known: Lists) -> Response:
    """The page of all kinds: those that texts tell of, then the texts and their evidence."""
    tongue = request_language()
    kinds = [kind for kind in known.kinds.values() if is_whole(kind, known.kinds.values())]
    names = fetch_labels(context.evaluate, [one for kind in kinds for one in kind.classes if one not in KINDS])
    entries = [_entry(kind, names, tongue, context.base) for kind in kinds]
    told = [each for each in entries if each.kind not in _OF_TEXTS]
    return render_page(
        context, "lists/kinds.html", told=told, evidence=[each for each in entries if each.kind in _OF_TEXTS]
    )


def _entry(kind: Kind, names: dict[str, LabelledNode], tongue: Language, base: str) -> Entry:
    return Entry(kind.segment, kinds_words(kind, names, tongue, base), kind.count, kind.classes[0])


def _selection(context: AppContext, frame: Frame) -> Selection:
    """What the address chooses.

    Errors: PageError where it asks for a filter, a value, a year or an order that there is not.
    """
    ways = {way.key: way for way in (*frame.columns, *frame.facets)}
    choices = tuple(dict.fromkeys(_choices(context, frame, ways)))
    if len(choices) > FILTERS:
        raise PageError("many-filters", count=len(choices), limit=FILTERS)
    sort = request.args.get("sort", "")
    by = sort.removeprefix("-")
    if by not in {"", "name", *ways}:
        raise _no_filter(by, ["name", *ways])
    since, until = (_year(name) if frame.times else None for name in ("from", "to"))
    return Selection(frame, choices, since, until, ways.get(by), sort.startswith("-"))


def _choices(context: AppContext, frame: Frame, ways: dict[str, Way]) -> Iterator[Choice]:
    """The filters of the address; any property that the graph knows is one, also those that the page does not offer."""
    for name, value in request.args.items(multi=True):
        if name in _OWN:
            continue
        way = ways.get(name) or Way(tuple(meant(part, context.base) for part in _parts(name)))
        is_known = name in ways or (all(way.path) and len(way.path) <= 2 and _is_used(context, way))
        if way.inverse or not is_known:
            raise _no_filter(name, [one.key for one in frame.facets])
        iri = value if is_iri(value) and "/" in value else meant(value, context.base)
        if not iri:
            raise PageError("filter-value", given=value[:200], name=name)
        yield Choice(way, iri)


def _parts(name: str) -> list[str]:
    """The properties of the name of a filter: one IRI, or names set apart by strokes."""
    return [name] if "://" in name else name.split("/")


def _is_used(context: AppContext, way: Way) -> bool:
    """Whether the graph has a triple with each of the properties."""
    return all(context.select(f"SELECT ?s WHERE {{ ?s <{each}> ?o }} LIMIT 1") for each in way.path)


def _no_filter(name: str, names: Iterable[str]) -> PageError:
    listed = ", ".join(names) or "–"
    return PageError("no-filter", name=name[:200], names=listed)


def _year(name: str) -> int | None:
    given = request.args.get(name, "").strip()
    if given and not _YEAR.fullmatch(given):
        raise PageError("year", given=given[:200])
    return int(given) if given else None


def _told(context: AppContext, listing: Listing) -> Told:
    """What the page says of a list, in its language."""
    tongue, selection, names = request_language(), listing.selection, listing.names
    frame, base = selection.frame, context.base

    def label(iri: str) -> str:
        own = iri in frame.kind.classes
        return class_words(iri, names, tongue, base) if own else names[iri].label(tongue, base).text

    used = (*frame.columns, *frame.facets, *(choice.way for choice in selection.choices))
    ways = {way: heading(way, names, tongue, base) for way in used}
    title = kinds_words(frame.kind, names, tongue, base)
    title = title[:1].upper() + title[1:]
    time, years, joined = _phrases(selection, tongue)
    chosen_names = {choice.value: label(choice.value) for choice in selection.choices}
    said = Said(title, ways, chosen_names, f"{time} : {years}", joined)

    def offered(facet: Facet) -> tuple[tuple[str, int, str], ...]:
        return tuple(
            (label(value), n, _address(context, _with(selection, facet.way, value))) for value, n in facet.values
        )

    undated = replace(selection, since=None, until=None)
    chosen: list[tuple[str, str, str, int | None]] = [
        (ways[each.way], label(each.value), _address(context, selection.without(each)), listing.loosened.get(each))
        for each in selection.choices
    ]
    chosen += [(time, years, _address(context, undated), None)] if selection.is_dated else []
    columns = [(None, ""), *((way, ways[way]) for way in frame.columns)]
    return Told(
        title,
        written(selection, tongue, said),
        tuple((name, *_order(context, selection, way)) for way, name in columns),
        tuple((ways[facet.way], offered(facet), facet) for facet in listing.facets),
        tuple(chosen),
        tuple(_pairs(context, undated)),
        (_address(context, selection, listing.page - 1), _address(context, selection, listing.page + 1)),
        _address(context, selection),
    )


def _with(selection: Selection, way: Way, value: str) -> Selection:
    return replace(selection, choices=(*selection.choices, Choice(way, value)))


def _phrases(selection: Selection, tongue: Language) -> tuple[str, str, str]:
    """What a choice of years is called, the years, and what the query says of its columns."""
    since, until = ("…" if year is None else str(year) for year in (selection.since, selection.until))
    columns = translate("each column: the names of its values, or how many things point here", tongue)
    return translate("years", tongue), f"{since}–{until}", columns


def _order(context: AppContext, selection: Selection, way: Way | None) -> tuple[str, str]:
    """The address of the list sorted by a column, the other way round where it is already, and how it is sorted now."""
    is_now = selection.sort == way
    down = not selection.descending if is_now else bool(way and way.inverse)
    state = ("descending" if selection.descending else "ascending") if is_now else ""
    return _address(context, replace(selection, sort=way, descending=down)), state


def _pairs(context: AppContext, selection: Selection, number: int = 1) -> Iterator[tuple[str, str]]:
    """The parameters that choose a selection and a page of it."""
    for choice in selection.choices:
        yield choice.way.key, spelled(choice.value, context.base)
    for name, year in (("from", selection.since), ("to", selection.until)):
        if year is not None:
            yield name, str(year)
    if selection.sort or selection.descending:
        yield "sort", ("-" if selection.descending else "") + (selection.sort.key if selection.sort else "name")
    if number > 1:
        yield "page", str(number)


def _address(context: AppContext, selection: Selection, number: int = 1) -> str:
    """What follows the path of a list: the parameters of a selection."""
    pairs = list(_pairs(context, selection, number))
    return f"?{urlencode(pairs, safe='/:')}" if pairs else "?"
