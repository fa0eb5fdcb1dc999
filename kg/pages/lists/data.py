"""Lists of things: rows with cells, and filters with counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from threading import Lock

from kg.model.iris import RDF, SR, STATED
from kg.pages.lists.list_config import (
    ListConfig,
    ListedKind,
    PropertyPath,
    read_intended,
    read_kinds,
    read_list_config,
)
from kg.pages.lists.selection import Filter, Selection, all_query, count_query, facet_query, page_query
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    LangString,
    Row,
    fetch_labels,
    format_iris,
    select_rows,
    select_strings,
)
from kg.pages.shared.text_analysis import collation_key

PAGE_SIZE = 50
"""Things on a page of a list."""

MAX_FACET_VALUES = 20
"""Most values that a filter offers."""

MAX_CELL_VALUES = 4
"""Most values in a cell; where more things point here, they are only counted."""

DERIVED = SR + "derived"
"""Stands for the modality of a statement that no assertion describes, since a rule derives it."""

MAX_SORTED = 2_000
"""Most things that are sorted and counted by filters for each page."""

MAX_DISTINCT_VALUES = 20_000
"""Most distinct values of all filters together that are counted, the most frequent first."""


@dataclass(frozen=True)
class CellValue:
    """A value in a cell: a thing's IRI, or a text."""

    iri: str = ""
    text: LangString | None = None
    modality: str = ""
    """How the text says it: a modality, or DERIVED for what a rule adds; empty where nothing is told of it."""


@dataclass(frozen=True)
class ListCell:
    """The first values of a column for a thing, and their number."""

    values: tuple[CellValue, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class ListRow:
    """A thing of a list with a cell for each column.

    ``label`` is set where a quote names the thing.
    """

    iri: str
    label: LangString | None
    cells: tuple[ListCell, ...]


@dataclass(frozen=True)
class Facet:
    """A filter that is offered: a path with its most frequent values.

    Each value has its number of things.

    ``is_counted`` tells that the numbers are those of the things chosen; otherwise the values are those of all things
    of the kind. ``has_more`` tells that there are further values; ``is_closed`` that the list is too long to read the
    values before somebody opens the filter.
    """

    path: PropertyPath
    values: tuple[tuple[str, int], ...]
    is_counted: bool
    has_more: bool
    is_closed: bool = False


@dataclass(frozen=True)
class Listing:
    """A page of a list: selection, rows, filters and labels.

    ``counts_without`` is filled where nothing is left: the number of things without each of the filters.
    """

    selection: Selection
    page: int
    total: int
    rows: tuple[ListRow, ...]
    facets: tuple[Facet, ...]
    names: Mapping[str, LabelledNode]
    counts_without: Mapping[Filter, int] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def is_sorted(self) -> bool:
        """Whether the things are few enough to be sorted."""
        return self.total <= MAX_SORTED


class ListReader:
    """Reads lists from a graph, keeping what pages share."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._configs: dict[str, ListConfig] = {}
        self._facets: dict[tuple[str, str, PropertyPath], list[tuple[str, int]]] = {}
        self._lock = Lock()
        self._count = lru_cache(1_000)(lambda query: int(select_strings(evaluate, query)[0]["n"]))

    @cached_property
    def kinds(self) -> dict[str, ListedKind]:
        """The kinds by the segment of their address."""
        return read_kinds(self._evaluate)

    @cached_property
    def _intended(self) -> frozenset[str]:
        return read_intended(self._evaluate)

    def config(self, segment: str) -> ListConfig:
        """Return what the lists of a kind show.

        Errors: KeyError where there is no such kind.
        """
        kind = self.kinds[segment]
        if segment not in self._configs:
            self._configs[segment] = read_list_config(self._evaluate, kind, self._intended)
        return self._configs[segment]

    def read_page(self, selection: Selection, page: int, language: str, opened: str = "") -> Listing:
        """Return a page of a list, counted from 1.

        One after the last has no rows. ``opened`` is the key of the filter whose values are read where the list is
        too long to read those of all.
        """
        total, offset = self._total(selection), (page - 1) * PAGE_SIZE
        if total <= MAX_SORTED:
            everything = _ordered(select_rows(self._evaluate, all_query(selection, language)), selection)
            solutions = everything[offset : offset + PAGE_SIZE]
            facets = self._facets_of(selection, [_thing(row) for row in everything])
        else:
            solutions = select_rows(self._evaluate, page_query(selection, PAGE_SIZE, offset))
            facets = self._facets_of_kind(selection, opened)
        cells = self._cells(selection, [_thing(row) for row in solutions])
        rows = tuple(_list_row(selection, row, cells) for row in solutions)
        facets = [facet for facet in facets if _is_useful(facet, total)]
        counts_without = {} if total else self._counts_without(selection)
        names = self._names(selection, rows, facets)
        return Listing(selection, page, total, rows, tuple(facets), names, counts_without)

    def _total(self, selection: Selection) -> int:
        if not selection.is_narrowed and len(selection.config.kind.classes) == 1:
            return selection.config.kind.count
        return self._count(count_query(selection))

    def _cells(self, selection: Selection, things: list[str]) -> dict[tuple[str, PropertyPath], ListCell]:
        """Return the cells by thing and column; a fixed number of queries.

        Of the things that point at a thing only the number is read first: there may be 50,000.
        """
        forward = [path for path in selection.config.columns if not path.inverse]
        inverse = [path for path in selection.config.columns if path.inverse]
        cells = _gather_cells(
            self._values(selection, forward, things), forward, self._modalities(selection, forward, things)
        )
        counts: dict[tuple[str, PropertyPath], int] = {}
        for row in self._values(selection, inverse, things, "(COUNT(DISTINCT ?value) AS ?n)", "GROUP BY ?thing ?path"):
            if "path" in row:
                counts[_thing(row), inverse[int(row["path"]["value"])]] = int(row["n"]["value"])
        cells |= {key: ListCell((), n) for key, n in counts.items()}
        for path in inverse:
            few = [thing for thing in things if counts.get((thing, path), MAX_CELL_VALUES + 1) <= MAX_CELL_VALUES]
            modalities = self._modalities(selection, [path], few)
            cells |= _gather_cells(self._values(selection, [path], few), [path], modalities)
        return cells

    def _modalities(
        self, selection: Selection, paths: Sequence[PropertyPath], things: Sequence[str]
    ) -> dict[tuple[str, PropertyPath, str], str]:
        """Return the firmest modality of each value, or DERIVED."""
        steps = [step for place, path in enumerate(paths) for step in _sources(selection, path, place)]
        if not steps or not things:
            return {}
        pattern = f"VALUES ?thing {{ {format_iris(things)} }} OPTIONAL {{ {' UNION '.join(steps)} }}"
        modalities: dict[tuple[str, PropertyPath, str], str] = {}
        for row in select_strings(self._evaluate, f"SELECT ?thing ?path ?value ?modality WHERE {{ {pattern} }}"):
            if "value" in row:
                key = row["thing"], paths[int(row["path"])], row["value"]
                modalities[key] = min(modalities.get(key, row["modality"]), row["modality"], key=_firmness)
        return modalities

    def _values(
        self,
        selection: Selection,
        paths: Sequence[PropertyPath],
        things: Sequence[str],
        head: str = "?value",
        tail: str = "",
    ) -> list[Row]:
        """Return what the paths lead to from each thing.

        Rows have ``?thing``, ``?value`` and ``?path``, the index of the path. OPTIONAL makes the engine look up one
        thing at a time; a join may read all triples of a property.
        """
        if not paths or not things:
            return []
        steps = [_step(selection, path, f"{place}") for place, path in enumerate(paths)]
        pattern = f"VALUES ?thing {{ {format_iris(things)} }} OPTIONAL {{ {' UNION '.join(steps)} }}"
        dataset = " ".join(selection.dataset)
        return select_rows(self._evaluate, f"SELECT ?thing ?path {head} {dataset} WHERE {{ {pattern} }} {tail}")

    def _facets_of(self, selection: Selection, things: list[str]) -> list[Facet]:
        """Return the filters with the number of these things for each value.

        One query.
        """
        paths = selection.config.facets
        if not paths or not things:
            return []
        steps = [_step(selection, path, f"{place}", selection.config.kind.classes) for place, path in enumerate(paths)]
        pattern = (
            f"VALUES ?thing {{ {format_iris(things)} }} OPTIONAL {{ {' UNION '.join(steps)} }} FILTER(isIRI(?value))"
        )
        head = f"SELECT ?path ?value (COUNT(DISTINCT ?thing) AS ?n) {' '.join(selection.dataset)}"
        query = f"{head} WHERE {{ {pattern} }}"
        counts: dict[int, list[tuple[str, int]]] = {}
        for row in select_strings(
            self._evaluate, f"{query} GROUP BY ?path ?value ORDER BY DESC(?n) ?value LIMIT {MAX_DISTINCT_VALUES}"
        ):
            if "path" in row:
                counts.setdefault(int(row["path"]), []).append((row["value"], int(row["n"])))
        taken = set(selection.filters)
        facets = []
        for place, path in enumerate(paths):
            left = [value for value in counts.get(place, []) if Filter(path, value[0]) not in taken]
            facets.append(Facet(path, tuple(left[:MAX_FACET_VALUES]), True, len(left) > MAX_FACET_VALUES))
        return facets

    def _facets_of_kind(self, selection: Selection, opened: str) -> list[Facet]:
        """Return the filters with the values of all things of the kind.

        Only those that somebody opened have values: each takes a tenth of a second and more on 60,000 things.
        """
        taken, whole = set(selection.filters), Selection(selection.config)
        whole = replace(whole, statements=selection.statements, graphs=selection.graphs)
        facets = []
        for path in selection.config.facets:
            key = selection.config.kind.segment, selection.statements, path
            with self._lock:  # counts once, also where many ask at the same time
                if key not in self._facets and path.key != opened:
                    facets.append(Facet(path, (), is_counted=False, has_more=False, is_closed=True))
                    continue
                if key not in self._facets:
                    rows = select_strings(self._evaluate, facet_query(whole, path, MAX_FACET_VALUES + 1))
                    self._facets[key] = [(row["value"], int(row["n"])) for row in rows if "value" in row]
            left = [value for value in self._facets[key] if Filter(path, value[0]) not in taken]
            facets.append(
                Facet(path, tuple(left[:MAX_FACET_VALUES]), not selection.is_narrowed, len(left) > MAX_FACET_VALUES)
            )
        return facets

    def _counts_without(self, selection: Selection) -> dict[Filter, int]:
        """Return the number of things without each of the filters."""
        return {filter_: self._total(selection.without(filter_)) for filter_ in selection.filters}

    def _names(
        self, selection: Selection, rows: tuple[ListRow, ...], facets: Iterable[Facet]
    ) -> dict[str, LabelledNode]:
        named = [row.iri for row in rows]
        named += [value.iri for row in rows for cell in row.cells for value in cell.values if value.iri]
        named += [value.modality for row in rows for cell in row.cells for value in cell.values if value.modality]
        named += [value for facet in facets for value, _ in facet.values]
        named += [filter_.value for filter_ in selection.filters] + [*selection.config.kind.classes]
        for path in (*selection.config.columns, *selection.config.facets):
            named += path.properties
        return fetch_labels(self._evaluate, named)


def _thing(row: Row) -> str:
    return str(row["thing"]["value"])


def _firmness(modality: str) -> tuple[int, str]:
    """Return the sort key of a modality, the firmest first."""
    return STATED.index(modality) if modality in STATED else len(STATED), modality


def _sources(selection: Selection, path: PropertyPath, place: int) -> list[str]:
    """Return the patterns for who says a value: assertions, else a rule."""
    (property_, *_), bind = path.properties, f"BIND({place} AS ?path)"
    if property_ not in selection.config.evidenced:
        return []
    subject, object_ = ("?value", "?thing") if path.inverse else ("?thing", "?value")
    said = f"?assertion <{RDF}subject> {subject} ; <{RDF}object> {object_} ; <{RDF}predicate> <{property_}>"
    assertion = f"{{ {said} ; <{SR}modality> ?modality {bind} }}"
    if not selection.graphs:
        return [assertion]
    derived = f"GRAPH <{selection.graphs}derived> {{ {subject} <{property_}> {object_} }}"
    return [assertion, f"{{ {derived} BIND(<{DERIVED}> AS ?modality) {bind} }}"]


def _step(selection: Selection, path: PropertyPath, place: str, classes: Iterable[str] = ()) -> str:
    """Return the pattern for a path with its index.

    For classes only those given.
    """
    ways = path.patterns("?thing", "?value", bare=True, with_intended=selection.is_whole)
    is_class = path.properties == (RDF + "type",)
    restriction = f" FILTER(?value IN ({', '.join(f'<{iri}>' for iri in classes)}))" if is_class else ""
    return " UNION ".join(f"{{ {way} BIND({place} AS ?path){restriction} }}" for way in ways)


def _ordered(rows: list[Row], selection: Selection) -> list[Row]:
    """Return the rows sorted, those without a sort value last."""
    rows = sorted((row for row in rows if "thing" in row), key=_name_key)
    if not selection.sort:
        return rows[::-1] if selection.descending else rows
    bound = sorted((row for row in rows if "key" in row), key=_value_key, reverse=selection.descending)
    return bound + [row for row in rows if "key" not in row]


def _list_row(selection: Selection, row: Row, cells: Mapping[tuple[str, PropertyPath], ListCell]) -> ListRow:
    thing, label = str(row["thing"]["value"]), row.get("label")
    quoted = (
        LangString(str(label["value"]), label.get("xml:lang", "")) if label and not selection.config.languages else None
    )
    return ListRow(thing, quoted, tuple(cells.get((thing, path), ListCell()) for path in selection.config.columns))


def _gather_cells(
    rows: list[Row], paths: Sequence[PropertyPath], modalities: Mapping[tuple[str, PropertyPath, str], str]
) -> dict[tuple[str, PropertyPath], ListCell]:
    """Return the cells that rows of thing, path and value make.

    ``modalities`` are those of the values.
    """
    values: dict[tuple[str, PropertyPath], dict[CellValue, None]] = {}
    for row in rows:
        if "value" not in row:
            continue
        term, path = row["value"], paths[int(row["path"]["value"])]
        modality = modalities.get((_thing(row), path, term["value"]), "")
        value = (
            CellValue(term["value"], modality=modality)
            if term["type"] == "uri"
            else CellValue("", LangString(term["value"], term.get("xml:lang", "")), modality)
        )
        values.setdefault((_thing(row), path), {})[value] = None
    return {key: ListCell(tuple(sorted(own, key=str)[:MAX_CELL_VALUES]), len(own)) for key, own in values.items()}


def _is_useful(facet: Facet, total: int) -> bool:
    """Return whether a filter has values to choose that leave fewer things."""
    if facet.is_closed or not facet.is_counted:
        return facet.is_closed or bool(facet.values)
    return any(n < total for _, n in facet.values)


def _name_key(row: Row) -> tuple[bool, str, str]:
    """Return the sort key of a thing by name.

    Those without one come last.
    """
    label = str(row.get("label", {}).get("value", ""))
    return not label, collation_key(label), collation_key(str(row["thing"]["value"]))


def _value_key(row: Row) -> tuple[float, str]:
    """Return the sort key of a value: numbers by size."""
    term = row["key"]
    is_number = term.get("datatype", "").endswith(("#integer", "#decimal", "#double"))
    return (float(term["value"]), "") if is_number else (0.0, collation_key(term["value"]))
