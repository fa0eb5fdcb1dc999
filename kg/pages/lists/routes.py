"""Routes of the lists of things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from kg.model.iris import OA, SR, is_iri
from kg.model.languages import Language
from kg.model.messages import translate
from kg.pages.lists.data import DERIVED, MAX_SORTED, Facet, Listing, ListReader
from kg.pages.lists.list_config import (
    ListConfig,
    ListedKind,
    PropertyPath,
    class_name,
    has_own_list,
    list_title,
    path_heading,
)
from kg.pages.lists.selection import (
    MAX_FILTERS,
    STATEMENT_SETS,
    Filter,
    QueryComments,
    Selection,
    display_query,
    expand_value,
    shorten_value,
)
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.graph_queries import KINDS, LabelledNode, fetch_labels
from kg.pages.shared.page_requests import PageError, request_language, requested_page

_PARAMETERS = ("from", "to", "sort", "page", "open", "set")
_EVIDENCE_KINDS = {SR + "Document", SR + "Assertion", OA + "SpecificResource", SR + "Sentence"}
_YEAR = re.compile(r"-?\d{1,6}")


@dataclass(frozen=True)
class KindEntry:
    """A kind in the list of kinds: name, count, first class."""

    segment: str
    name: str
    count: int
    kind: str


@dataclass(frozen=True)
class ListPage:
    """A list in the language of its page.

    Addresses are what follows the path, with the ``?``. ``columns`` have name, address that sorts by them, and their
    ``aria-sort``; ``facets`` a name and values with name, number and address; ``chosen`` the name of a filter, its
    value, the address without it and how many things there are then. ``hidden`` are the parameters that the form of
    years keeps; ``pages`` are the addresses of the pages before and after, ``first`` that of the first. ``sets`` are
    the sets of statements that the list can show: words, address, and whether it is the one shown.
    """

    title: str
    query: str
    columns: tuple[tuple[str, str, str], ...]
    facets: tuple[tuple[str, tuple[tuple[str, int, str], ...], Facet], ...]
    chosen: tuple[tuple[str, str, str, int | None], ...]
    hidden: tuple[tuple[str, str], ...]
    pages: tuple[str, str]
    first: str
    sets: tuple[tuple[str, str, bool], ...] = ()


def lists(context: AppContext) -> Blueprint:
    """Return the routes of the lists."""
    routes = Blueprint("lists", __name__)
    reader = ListReader(context.evaluate)

    @routes.get("/things")
    @routes.get("/en/things")
    def kinds() -> Response:
        return _kinds(context, reader)

    @routes.get("/things/<segment>")
    @routes.get("/en/things/<segment>")
    def things(segment: str) -> Response:
        if segment not in reader.kinds:
            abort(404)
        config = reader.config(segment)
        selection = _selection(context, config)
        listing = reader.read_page(selection, requested_page(), request_language(), request.args.get("open", ""))
        page = _list_page(context, listing)
        return render_page(
            context,
            "lists/page.html",
            listing=listing,
            page=page,
            kind=config.kind,
            segment=segment,
            most=MAX_SORTED,
            derived=DERIVED,
            plain=(SR + "reported", SR + "context"),
        )

    return routes


def _kinds(context: AppContext, reader: ListReader) -> Response:
    """Return the page of all kinds.

    What texts are about comes first, then texts and evidence.
    """
    language = request_language()
    kinds = [kind for kind in reader.kinds.values() if has_own_list(kind, reader.kinds.values())]
    names = fetch_labels(context.evaluate, [iri for kind in kinds for iri in kind.classes if iri not in KINDS])
    entries = [_kind_entry(kind, names, language, context.base) for kind in kinds]
    things = [entry for entry in entries if entry.kind not in _EVIDENCE_KINDS]
    evidence = [entry for entry in entries if entry.kind in _EVIDENCE_KINDS]
    return render_page(context, "lists/kinds.html", things=things, evidence=evidence)


def _kind_entry(kind: ListedKind, names: dict[str, LabelledNode], language: Language, base: str) -> KindEntry:
    return KindEntry(kind.segment, list_title(kind, names, language, base), kind.count, kind.classes[0])


def _selection(context: AppContext, config: ListConfig) -> Selection:
    """Return the selection of the address.

    Errors: PageError for an unknown filter, value, year or order.
    """
    paths = {path.key: path for path in (*config.columns, *config.facets)}
    filters = tuple(dict.fromkeys(_filters(context, config, paths)))
    if len(filters) > MAX_FILTERS:
        raise PageError("many-filters", count=len(filters), limit=MAX_FILTERS)
    sort = request.args.get("sort", "")
    by = sort.removeprefix("-")
    if by not in {"", "name", *paths}:
        raise _no_filter(by, ["name", *paths])
    since, until = (_year(name) if config.times else None for name in ("from", "to"))
    statements = request.args.get("set", "")
    if statements not in STATEMENT_SETS:
        raise _no_filter(statements, filter(None, STATEMENT_SETS))
    graphs = f"{context.base}graph/"
    return Selection(config, filters, since, until, paths.get(by), sort.startswith("-"), statements, graphs)


def _filters(context: AppContext, config: ListConfig, paths: dict[str, PropertyPath]) -> Iterator[Filter]:
    """Yield the filters of the address.

    Any property that the graph uses is one, also those that pages do not offer.
    """
    for name, value in request.args.items(multi=True):
        if name in _PARAMETERS:
            continue
        path = paths.get(name) or PropertyPath(tuple(expand_value(part, context.base) for part in _parts(name)))
        is_known = name in paths or (all(path.properties) and len(path.properties) <= 2 and _is_used(context, path))
        if path.inverse or not is_known:
            raise _no_filter(name, [facet.key for facet in config.facets])
        iri = value if is_iri(value) and "/" in value else expand_value(value, context.base)
        if not iri:
            raise PageError("filter-value", given=value[:200], name=name)
        yield Filter(path, iri)


def _parts(name: str) -> list[str]:
    """Return the properties in a filter's name.

    That is one IRI, or names separated by slashes.
    """
    return [name] if "://" in name else name.split("/")


def _is_used(context: AppContext, path: PropertyPath) -> bool:
    """Return whether the graph has a triple with each of the properties."""
    return all(context.select(f"SELECT ?s WHERE {{ ?s <{iri}> ?o }} LIMIT 1") for iri in path.properties)


def _no_filter(name: str, names: Iterable[str]) -> PageError:
    return PageError("no-filter", name=name[:200], names=", ".join(names) or "–")


def _year(name: str) -> int | None:
    year = request.args.get(name, "").strip()
    if year and not _YEAR.fullmatch(year):
        raise PageError("year", given=year[:200])
    return int(year) if year else None


def _list_page(context: AppContext, listing: Listing) -> ListPage:
    """Return a list in the language of its page."""
    language, selection, names = request_language(), listing.selection, listing.names
    config, base = selection.config, context.base

    def label(iri: str) -> str:
        is_own_class = iri in config.kind.classes
        return class_name(iri, names, language, base) if is_own_class else names[iri].label(language, base).text

    def facet_values(facet: Facet) -> tuple[tuple[str, int, str], ...]:
        return tuple(
            (label(value), n, _address(context, _with_filter(selection, facet.path, value)))
            for value, n in facet.values
        )

    shown = (*config.columns, *config.facets, *(filter_.path for filter_ in selection.filters))
    headings = {path: path_heading(path, names, language, base) for path in shown}
    title = list_title(config.kind, names, language, base)
    title = title[:1].upper() + title[1:]
    time, years, joined = _phrases(selection, language)
    titled = (
        f"{title} ({translate(STATEMENT_SETS[selection.statements][0], language)})" if selection.statements else title
    )
    values = {filter_.value: label(filter_.value) for filter_ in selection.filters}
    undated = replace(selection, since=None, until=None)
    chosen = _chosen(context, listing, headings, values)
    chosen += [(time, years, _address(context, undated), None)] if selection.is_dated else []
    columns = [(None, ""), *((path, headings[path]) for path in config.columns)]
    return ListPage(
        title,
        display_query(selection, language, QueryComments(titled, headings, values, f"{time}: {years}", joined)),
        tuple((name, *_order(context, selection, path)) for path, name in columns),
        tuple((headings[facet.path], facet_values(facet), facet) for facet in listing.facets),
        tuple(chosen),
        tuple(_parameters(context, undated)),
        (_address(context, selection, listing.page - 1), _address(context, selection, listing.page + 1)),
        _address(context, selection),
        tuple(_sets(context, selection)),
    )


def _sets(context: AppContext, selection: Selection) -> Iterator[tuple[str, str, bool]]:
    """Yield the sets of statements that a list can show.

    There are none where its columns need no evidence, or the graph does not tell sets apart.
    """
    things = f"SELECT ?thing WHERE {{ GRAPH <{selection.graphs}things> {{ ?thing ?property ?value }} }} LIMIT 1"
    if selection.config.evidenced and context.select(things):
        for name, (words, _) in STATEMENT_SETS.items():
            address = _address(context, replace(selection, statements=name))
            yield translate(words, request_language()), address, name == selection.statements


def _chosen(
    context: AppContext, listing: Listing, headings: Mapping[PropertyPath, str], values: Mapping[str, str]
) -> list[tuple[str, str, str, int | None]]:
    """Return name, value, address and count of each filter.

    Address and count are those of the list without the filter.
    """
    return [
        (
            headings[filter_.path],
            values[filter_.value],
            _address(context, listing.selection.without(filter_)),
            listing.counts_without.get(filter_),
        )
        for filter_ in listing.selection.filters
    ]


def _with_filter(selection: Selection, path: PropertyPath, value: str) -> Selection:
    return replace(selection, filters=(*selection.filters, Filter(path, value)))


def _phrases(selection: Selection, language: Language) -> tuple[str, str, str]:
    """Return the words for years and for the query's columns."""
    since, until = ("…" if year is None else str(year) for year in (selection.since, selection.until))
    columns = translate("each column: the names of its values, or how many things point here", language)
    return translate("years", language), f"{since}–{until}", columns


def _order(context: AppContext, selection: Selection, path: PropertyPath | None) -> tuple[str, str]:
    """Return the address that sorts by a column, and its order.

    The address of the current column reverses the order.
    """
    is_current = selection.sort == path
    descending = not selection.descending if is_current else bool(path and path.inverse)
    state = ("descending" if selection.descending else "ascending") if is_current else ""
    return _address(context, replace(selection, sort=path, descending=descending)), state


def _parameters(context: AppContext, selection: Selection, number: int = 1) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a selection and a page of it."""
    for filter_ in selection.filters:
        yield filter_.path.key, shorten_value(filter_.value, context.base)
    for name, year in (("from", selection.since), ("to", selection.until)):
        if year is not None:
            yield name, str(year)
    if selection.sort or selection.descending:
        yield "sort", ("-" if selection.descending else "") + (selection.sort.key if selection.sort else "name")
    if selection.statements:
        yield "set", selection.statements
    if number > 1:
        yield "page", str(number)


def _address(context: AppContext, selection: Selection, number: int = 1) -> str:
    """Return the parameters of a selection, for after the path."""
    parameters = list(_parameters(context, selection, number))
    return f"?{urlencode(parameters, safe='/:')}" if parameters else "?"
