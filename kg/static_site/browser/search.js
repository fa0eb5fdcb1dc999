// Shows what the words of the address find, in the place of the page that the service would give.
"use strict";

(async () => {
  const PAGE = 20;
  const root = new URL("../../", document.currentScript.src);
  const { label, load, otherName, pageOf } = await import(new URL("static/site/find.js", root));
  const { mark } = await import(new URL("static/site/words.js", root));
  const tongue = document.documentElement.lang;
  const asked = new URLSearchParams(location.search);
  const sought = (asked.get("q") ?? "").slice(0, 500).replace(/\s+/g, " ").trim();
  if (!sought) return;

  const text = document.querySelector("main .text");
  const margin = document.querySelector("main .margin");
  const words = JSON.parse(document.getElementById("search-words").textContent);
  const plural = new Intl.PluralRules(document.documentElement.lang);
  const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /** An element with its attributes and what stands in it. */
  const make = (name, attributes, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== "") element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const marked = (string, met) => mark(string, (form) => met.has(form)).map(([piece, isMet]) => (isMet ? make("mark", {}, piece) : piece));
  const spoken = (tag) => (tag && tag !== tongue ? { lang: tag, dir: "auto" } : {});
  const address = (parameters) => `?${new URLSearchParams({ q: sought, ...parameters })}`;

  /** The quote that has most of the words, the shortest of these; one without any only where nothing else is told. */
  const best = ({ entry, met }) => {
    const count = (string) => marked(string, met).filter((piece) => piece instanceof Element).length;
    const [first] = entry.quotes.map((quote) => [count(quote[0]), quote]).sort(([one, a], [other, b]) => other - one || a[0].length - b[0].length);
    return first && (first[0] || !entry.definitions.length) ? first[1] : undefined;
  };

  const shown = (index, hit) => {
    const { entry, met } = hit;
    const name = label(entry, tongue);
    const kind = index.kinds[entry.kind];
    const page = entry.page && new URL(pageOf(entry, tongue), root).href;
    const parts = [make("h2", {}, make("a", { class: `thing${kind?.family ? ` k-${kind.family}` : ""}`, href: page, ...spoken(name.language) }, ...marked(name.text, met)))];
    if (kind) {
      const other = otherName(hit, name.text);
      const line = make("p", { class: "quiet" }, make("span", { class: `kind${kind.family ? ` k-${kind.family}` : ""}` }, kind[tongue][0]));
      if (other) line.append(` · ${words.roles[other[1]]} `, make("span", spoken(other[2]), ...marked(other[0], met)));
      parts.push(line);
    }
    const definition = entry.definitions.find(([, tag]) => tag === tongue) ?? entry.definitions[0];
    if (definition) parts.push(make("p", { class: "definition", ...spoken(definition[1]) }, ...marked(definition[0], met)));
    const quote = best(hit);
    if (quote) {
      const [said, tag, file, anchor] = quote;
      const reader = file && `${new URL(pageOf({ page: file }, tongue), root)}#${anchor}`;
      const inside = reader ? make("a", { href: reader }, ...marked(said, met)) : make("span", {}, ...marked(said, met));
      parts.push(make("p", { class: "said", ...spoken(tag) }, inside));
    }
    return make("li", {}, ...parts);
  };

  const pager = (number, pages, kept) => {
    const to = (page, rel, inside) => (page >= 1 && page <= pages
      ? make("a", { rel, href: address({ ...kept, ...(page > 1 ? { page } : {}) }) }, inside) : make("span", {}));
    return make("nav", { class: "pager", "aria-label": words.pages }, to(number - 1, "prev", words.before),
      make("span", {}, fill(words.page, { page: number, pages })), to(number + 1, "next", words.after));
  };

  const choices = (index, found, kind) => {
    const list = make("ul", { class: "facets", "aria-labelledby": "kinds" });
    const add = (inside, count, to, isNow, family) => list.append(make("li", {}, make("a",
      { href: to, ...(isNow ? { "aria-current": "true" } : {}), class: family && `k-${family}` },
      make("span", {}, inside), " ", make("span", { class: "figure" }, count.toLocaleString(tongue)))));
    add(words.all, found.all, address({}), kind < 0);
    for (const [each, count] of [...found.kinds].filter(([place]) => place >= 0).sort(([, one], [, other]) => other - one)) {
      const { key, family, [tongue]: called } = index.kinds[each];
      add(called[count === 1 ? 0 : 1], count, address({ kind: key }), each === kind, family);
    }
    return [make("h2", { id: "kinds" }, words.kinds), list];
  };

  const nothing = (index) => {
    const near = index.similar(sought);
    const parts = [make("p", {}, words.nothing)];
    if (near.length) parts.push(make("p", {}, `${words.near} `, ...near.flatMap((word, at) => [at ? ", " : "", make("a", { href: `?${new URLSearchParams({ q: word })}` }, word)])));
    return parts;
  };

  document.getElementById("q").value = sought;
  document.title = `${sought} · ${document.title}`;
  try {
    const index = await load(root);
    const kind = index.kinds.findIndex(({ key }) => key === asked.get("kind"));
    const found = index.search(sought, { kind });
    const pages = Math.max(1, Math.ceil(found.hits.length / PAGE));
    const number = Math.min(Math.max(1, Number.parseInt(asked.get("page") ?? "1", 10) || 1), pages);
    const start = (number - 1) * PAGE;
    const heading = found.total === 0 ? words.none : words.results[plural.select(found.total)] ?? words.results.other;
    text.replaceChildren(make("h1", { id: "results" }, fill(heading, { n: found.total.toLocaleString(tongue), q: sought })));
    if (!found.total) text.append(...nothing(index));
    else text.append(make("ol", { class: "results", start: start + 1 }, ...found.hits.slice(start, start + PAGE).map((hit) => shown(index, hit))));
    if (pages > 1) text.append(pager(number, pages, kind < 0 ? {} : { kind: index.kinds[kind].key }));
    margin.replaceChildren(...(found.kinds.size > 1 || kind >= 0 ? choices(index, found, kind) : []));
  } catch (error) {
    text.replaceChildren(make("h1", { id: "results" }, words.search), make("p", {}, `${words.failed} ${error.message}`));
  }
})();
