// The SPARQL editor of /sparql: YASGUI with our own endpoint, in place of the plain form.
// Its data are in the element #editor-data of the page; no other host is contacted.

const data = JSON.parse(document.getElementById("editor-data").textContent);
const endpoint = new URL(data.endpoint, location.href).href;
const place = document.getElementById("editor");
const form = document.querySelector("form.query");
const arrived = location.href;
const { Yasgui } = window;
const { Yasqe } = Yasgui;

// The same types as the page, so that an answer it has shown comes from the cache.
const ACCEPT = "application/sparql-results+json, text/turtle";

// The vocabulary for completion: requested once per page, and cached by the browser until it changes.

const VOCABULARY = `PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?term ?type ?label WHERE {
  VALUES ?type { owl:Class rdfs:Class owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty rdf:Property }
  ?term a ?type .
  OPTIONAL { ?term rdfs:label ?label . FILTER(LANGMATCHES(LANG(?label), "${data.language}")) }
} ORDER BY ?term LIMIT 5000`;
let asked;

/** Terms of other vocabularies, without labels. */
const others = ["class", "property"].flatMap((kind) => data.terms[kind].map((name) => {
  const [prefix, local] = name.split(":");
  return { iri: data.prefixes[prefix] + local, isClass: kind === "class", label: "" };
}));

/** Return the terms for completion: {iri, isClass, label}; only foreign ones if the endpoint fails. */
function vocabulary() {
  asked ??= fetch(`${endpoint}?query=${encodeURIComponent(VOCABULARY)}`, { headers: { Accept: ACCEPT } })
    .then((response) => (response.ok ? response.json() : { results: { bindings: [] } }))
    .then(({ results }) => results.bindings.map(({ term, type, label }) => (
      { iri: term.value, isClass: type.value.endsWith("Class"), label: label?.value ?? "" })))
    .then((own) => [...own, ...others.filter((other) => own.every((term) => term.iri !== other.iri))])
    .catch(() => others);
  return asked;
}

/** Return a term as a CURIE, with a prefix of the query or else ours; without one, in angle brackets. */
function toCurie(iri, declared) {
  for (const [prefix, namespace] of [...Object.entries(declared), ...Object.entries(data.prefixes)]) {
    if (namespace && iri.startsWith(namespace) && /^[\w-]+$/.test(iri.slice(namespace.length))) {
      return `${prefix}:${iri.slice(namespace.length)}`;
    }
  }
  return `<${iri}>`;
}

/** Return a text without accents and capitals, to compare it. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Return how well a term fits what is typed of its local name or label, 0 for best; undefined if it does not fit.
 * Beginnings come first: of the name, of the label, of a word of either; then what they contain.
 */
function rank(term, namespace, typed) {
  const name = term.iri.slice(namespace.length);
  const words = [...name.split(/(?=[A-Z])|[-_]/), ...term.label.split(/[^\p{L}\p{N}]+/u)].map(plain);
  const texts = [plain(name), plain(term.label)];
  const tests = [
    texts[0].startsWith(typed), texts[1].startsWith(typed), words.some((word) => word.startsWith(typed)),
    typed.length > 2 && texts.some((text) => text.includes(typed)),
  ];
  const best = tests.indexOf(true);
  return best < 0 ? undefined : best;
}

/** Return the terms that fit an IRI or a name begun, the best first; `namespace` is that of the prefix typed. */
function fitting(terms, iri, namespace) {
  if (!namespace) return terms.filter((term) => term.iri.startsWith(iri));
  const typed = plain(iri.slice(namespace.length));
  return terms.filter((term) => term.iri.startsWith(namespace))
    .map((term) => [rank(term, namespace, typed), term])
    .filter(([place]) => place !== undefined)
    .sort(([a, first], [b, second]) => a - b || first.iri.localeCompare(second.iri))
    .map(([, term]) => term);
}

/** Add a completer for classes or properties: by IRI, or after a prefix by name or words of the label (sr:adresse). */
function complete(name, isClass) {
  const labels = new Map();
  Yasqe.forkAutocompleter(name, {
    name: `our-${name}`,
    bulk: false,
    autoShow: true,
    async get(yasqe, token) {
      const declared = yasqe.getPrefixesFromQuery();
      const kind = (await vocabulary()).filter((term) => term.isClass === isClass);
      const terms = fitting(kind, token.autocompletionString, token.tokenPrefixUri).slice(0, 100);
      terms.forEach((term) => labels.set(toCurie(term.iri, declared), term.label));
      return terms.map((term) => term.iri);
    },
    postProcessSuggestion: (yasqe, token, iri) => toCurie(iri, yasqe.getPrefixesFromQuery()),
    postprocessHints: (yasqe, hints) => hints.map((hint) => {
      const label = labels.get(hint.text);
      return { ...hint, displayText: label ? `${hint.text} · ${label}` : hint.text };
    }),
  }, false);
}

complete("class", true);
complete("property", false);
Yasqe.forkAutocompleter("prefixes", {
  name: "our-prefixes",
  get: () => Object.entries(data.prefixes).map(([prefix, namespace]) => `${prefix}: <${namespace}>`).sort(),
  persistenceId: null, // not stored, since a release may add a prefix
}, false);

// Addresses

/** Return the address of a query for citation, with the release that answered. */
function citable(query) {
  const release = data.release ? `&release=${encodeURIComponent(data.release)}` : "";
  return `${data.address}?query=${encodeURIComponent(query)}${release}`;
}

/** Return the address of the page of an IRI; the IRI itself if it has none here. */
function pageOf(iri) {
  for (const start of data.homes) {
    for (const [part, route] of data.routes) {
      if (iri.startsWith(start + part)) {
        const rest = iri.slice((start + part).length).replace(/[?#]/g, encodeURIComponent);
        return new URL((route.startsWith("graph/") ? data.root : data.home) + route + rest, location.href).href;
      }
    }
  }
  return iri;
}

/** Show the address of the executed query in the address bar and below the editor. */
function showAddress(query) {
  const address = citable(query);
  const isGiven = form.elements.query.defaultValue.trim() === query.trim();
  if (isGiven || address.length < 8000) {
    history.replaceState(null, "", isGiven ? arrived : `?query=${encodeURIComponent(query)}`);
  }
  const cite = document.getElementById("cite");
  const link = cite.querySelector("a");
  link.href = address;
  link.textContent = address.length < 300 ? address : `${address.slice(0, 300)}…`;
  cite.hidden = false;
}

// Corrections to YASGUI: French words, links to our own pages, names for screen readers.

/** Replace the words of YASGUI by those of the page's language. */
function translate(element) {
  for (const name of ["title", "aria-label", "placeholder"]) {
    const word = data.words[element.getAttribute?.(name)];
    if (word) element.setAttribute(name, word);
  }
  for (const node of element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      const word = data.words[node.data.trim()];
      const counted = node.data.match(/^(?:(\d+) results?)?(?: in |Response in )?(?:([\d.]+) seconds?)?$/);
      if (word) node.data = node.data.replace(node.data.trim(), word);
      else if (counted?.[2] && data.counted) {
        const form = counted[1] === undefined ? "answer" : new Intl.PluralRules(data.language).select(counted[1]);
        const seconds = counted[2].replace(".", (1.5).toLocaleString(data.language)[1]);
        node.data = (data.counted[form] ?? data.counted.other).replace("{n}", counted[1]).replace("{seconds}", seconds);
      }
    }
  }
}

// The labels of our own things in answers

/** The tables drawn, as DataTables knows them. */
const tables = new Set();

/** The label of each thing that was asked for, by IRI; empty where it has none, or none yet. */
const labels = new Map();

/** Return the labels of things in the language of the page, by IRI; none where the endpoint fails. */
async function askLabels(iris) {
  const query = `PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?label WHERE {
  VALUES ?thing { ${iris.map((iri) => `<${iri}>`).join(" ")} }
  ?thing skos:prefLabel ?label . FILTER(LANG(?label) = "${data.language}")
}`;
  const body = new URLSearchParams({ query });
  const response = await fetch(endpoint, { method: "POST", body, headers: { Accept: ACCEPT } }).catch(() => undefined);
  const rows = response?.ok ? (await response.json()).results.bindings : [];
  return rows.map(({ thing, label }) => [thing.value, label.value]);
}

/** Show links to our own things by their labels; those not known yet are asked for together. */
async function showLabels() {
  const links = [...place.querySelectorAll("a.iri[data-own]")];
  const unknown = [...new Set(links.map((link) => link.dataset.iri))]
    .filter((iri) => !labels.has(iri) && /^[^\s<>"{}|\\^`]+$/.test(iri)).slice(0, 1000);
  unknown.forEach((iri) => labels.set(iri, ""));
  if (unknown.length) {
    (await askLabels(unknown)).forEach(([iri, label]) => labels.set(iri, label));
    tables.forEach((table) => table.rows().invalidate()); // what filter and order compare is kept otherwise
  }
  for (const link of place.querySelectorAll("a.iri[data-own]")) {
    const label = labels.get(link.dataset.iri);
    if (label && link.textContent !== label) link.textContent = label;
  }
}

/** Have the table of an answer begin with the simple view, without cut cells, and find and sort things by label. */
function simplify(table) {
  const { draw, getColumns } = table.prototype;
  table.prototype.draw = function drawSimply(stored) {
    tables.delete(this.dataTable);
    draw.call(this, { compact: true, isEllipsed: false, ...stored });
    tables.add(this.dataTable);
  };
  table.prototype.getColumns = function getLabelledColumns() {
    return getColumns.call(this).map((column) => ({
      ...column,
      render: (term, use, ...rest) => {
        const label = use === "filter" || use === "sort" ? labels.get(term?.value) : "";
        return label ? `${label} ${term.value}` : column.render(term, use, ...rest);
      },
    }));
  };
}

/** Correct what YASGUI has rendered. It runs after each change, so it skips what is already corrected. */
function correct() {
  for (const element of place.querySelectorAll("*:not(.CodeMirror-code *, td, td *, .tab span)")) translate(element);
  for (const link of place.querySelectorAll("a.iri:not([data-iri])")) {
    const iri = link.getAttribute("href") ?? ""; // YASR removes IRIs that are not web addresses, such as urn:a
    link.dataset.iri = iri;
    if (!iri) continue;
    link.href = pageOf(iri);
    link.title = iri;
    link.target = link.href === iri ? "_blank" : "_self";
    link.rel = "noopener";
    const own = data.homes.map((start) => `${start}id/`).find((start) => iri.startsWith(start));
    if (own) {
      link.dataset.own = "";
      link.textContent = iri.slice(own.length);
      const cell = link.parentNode;
      for (const node of [...cell.childNodes]) if (node !== link) node.remove(); // the angle brackets
    }
  }
  showLabels();
  place.querySelectorAll(".yasr_external_ref_btn").forEach((element) => element.remove());
  place.querySelectorAll(".addTab:not([role])").forEach((element) => { // a tablist may only contain tabs
    element.setAttribute("role", "tab");
    element.setAttribute("aria-selected", "false");
  });
  place.querySelectorAll("thead th:first-child .dt-column-title:empty").forEach((element) => {
    element.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: data.words.row }));
  });
  place.querySelectorAll(".CodeMirror textarea:not([aria-label])").forEach((element) => {
    const isQuery = element.closest(".yasqe");
    element.setAttribute("aria-label", isQuery ? data.words.editor : data.words.answer);
    if (isQuery) element.setAttribute("aria-describedby", "keys");
  });
  place.querySelectorAll(".CodeMirror-scroll:not([tabindex='0'])").forEach((element) => {
    element.setAttribute("tabindex", "0"); // so that it scrolls by keyboard
  });
  place.querySelectorAll(".tableSizer:not([aria-label])").forEach((element) => {
    element.setAttribute("aria-label", data.words.size);
  });
}

/** Return a problem of the endpoint in the words of the page. */
async function refusal(error) {
  let problem;
  try {
    problem = JSON.parse(error.text);
  } catch {
    return undefined;
  }
  const fill = (text) => text.replace(/\{(\w+)\}/g, (whole, name) => (
    typeof problem[name] === "number" ? problem[name].toLocaleString(data.language) : (problem[name] ?? whole)));
  const worded = data.refusals[`${problem.code}.${problem.reason}`] ?? data.refusals[problem.code] ?? [problem.detail];
  const box = document.createElement("div");
  box.className = "refusal";
  box.setAttribute("role", "alert");
  for (const text of worded) {
    const line = document.createElement("p");
    line.textContent = fill(text);
    box.append(line);
  }
  if (problem.federated) {
    const shown = document.createElement("pre");
    shown.textContent = problem.federated;
    box.append(shown);
  }
  return box;
}

// Start

/** Return the height of the editor for a query, within limits. */
const heightOf = (query) => `${Math.min(Math.max(query.split("\n").length + 2, 8), 24) * 1.4}rem`;

/** Start YASGUI with the query of the page in its own tab. The caller runs it if it is in the address. */
function start() {
  const given = form.elements.query.value.trim();
  Yasgui.Tab.prototype.getShareableLink = function getShareableLink() {
    return citable(this.getYasqe().getValue());
  };
  Yasgui.Yasr.defaults.errorRenderers = [refusal];
  simplify(Yasgui.Yasr.plugins.table);
  Object.assign(Yasgui.Yasr.plugins.table.defaults.tableConfig.language, data.table);
  const yasgui = new Yasgui(place, {
    autofocus: false,
    autoAddOnInit: !given,
    persistenceId: `yasgui ${new URL(data.root, location.href).pathname}`,
    populateFromUrl: false,
    tabName: data.words.query,
    requestConfig: {
      endpoint,
      method: (self) => (self.getTab().getYasqe().getValue().length < 4000 ? "GET" : "POST"),
      acceptHeaderSelect: ACCEPT,
      acceptHeaderGraph: ACCEPT,
    },
    yasqe: {
      value: data.start,
      editorHeight: heightOf(data.start),
      autocompleters: ["variables", "our-prefixes", "our-class", "our-property"],
    },
    yasr: { prefixes: data.prefixes, maxPersistentResponseSize: 0 }, // a stored answer may be of another release
  });
  const tabs = yasgui.persistentConfig.getTabs();
  tabs.forEach((id) => yasgui.getTab(id).setEndpoint(endpoint));
  if (given) {
    const same = tabs.find((id) => yasgui.persistentConfig.getTab(id).yasqe.value.trim() === given);
    if (same) yasgui.selectTabId(same);
    else {
      yasgui.addTab(true, {
        name: data.name || yasgui.createTabName(),
        yasqe: { value: `${given}\n`, editorHeight: heightOf(given) },
      });
    }
  }
  yasgui.on("query", (self, tab) => showAddress(tab.getYasqe().getValue()));
  return { yasgui, isAsked: Boolean(given) && new URLSearchParams(location.search).has("query") };
}

place.hidden = false;
const { yasgui, isAsked } = start();
form.hidden = true;
document.getElementById("keys").hidden = false;
document.getElementById("answer")?.remove();
new MutationObserver((changes) => {
  if (changes.some((change) => !change.target.closest?.(".CodeMirror-lines"))) correct();
}).observe(place, { childList: true, subtree: true });
correct();
if (isAsked) yasgui.getTab().query().catch(() => {}); // YASR shows the error
