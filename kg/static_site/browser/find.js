// The index of the site: finds things by what people type, in the way of kg/pages/search, whose modules say why so.
// search.json has the things (kg/static_site/search_export.py).

import { distance, forms, isAlpha, mark, stem } from "./words.js";

const ROLES = { label: 1, notation: 1, alternative: 0.99, mention: 0.98, hidden: 0.94 };
const [INNER, TEXT, SCATTERED, NOT_EXACT, SHARE] = [0.96, 0.6, 0.85, 97, 0.25];
const [SAME_STEM, KIN, CLOSE, CLOSER, JOINED] = [0.95, 0.7, 0.72, 0.86, 0.97];
const [MANY, LONGEST, MOST] = [64, 16, 300];

let asked;

/** The index of the site at an address, loaded once a page. */
export function load(root) {
  asked ??= fetch(new URL("search.json", root)).then((response) => {
    if (!response.ok) throw new Error(`search.json: ${response.status}`);
    return response.json();
  }).then((data) => new Index(data));
  return asked;
}

/** What people may type for a name, and how much it counts: the name; what stands before a bracket and in it. */
function variants(text) {
  const found = [[text, 1]];
  const bracket = text.match(/\s*\(([^()]+)\)\s*$/);
  if (bracket) {
    found.push([text.slice(0, bracket.index), 1]);
    const isAcronym = /\p{Lu}/u.test(bracket[1]) && bracket[1] === bracket[1].toUpperCase();
    if (isAcronym || /^\d+$/.test(bracket[1])) found.push([bracket[1], INNER]);
  }
  return found;
}

export class Index {
  constructor({ silent, kinds, entries }) {
    this.kinds = kinds;
    this.entries = entries;
    this.silent = new Set(silent);
    this.words = new Map(); // each word: the entries that it names, and those that it speaks of
    this.stems = new Map();
    for (const [place, entry] of entries.entries()) this.read(place, entry);
    this.sorted = [...this.words.keys()].sort();
    for (const form of this.sorted) this.stems.set(stem(form), [...(this.stems.get(stem(form)) ?? []), form]);
  }

  read(place, entry) {
    entry.variants = entry.names.flatMap(([text, role], name) => (
      this.spellings(text).map(([words, share]) => ({ name, role, share, words }))));
    for (const { words } of entry.variants) for (const form of words) this.word(form).names.add(place);
    for (const [text] of [...entry.definitions, ...entry.quotes]) {
      for (const form of this.telling(forms(text))) this.word(form).texts.add(place);
    }
  }

  /** The words of a name that carry something, also short names as one word; each with how much it counts. */
  spellings(text) {
    const found = new Map();
    const add = (words, share) => found.has(words.join(" ")) || found.set(words.join(" "), [words, share]);
    for (const [spelled, share] of variants(text)) {
      const words = forms(spelled);
      if (words.length) add(this.telling(words).slice(0, LONGEST), share);
      if (words.length > 1 && words.length <= 3) add([words.join("")], share);
    }
    return [...found.values()];
  }

  word(form) {
    if (!this.words.has(form)) this.words.set(form, { names: new Set(), texts: new Set() });
    return this.words.get(form);
  }

  /** The words that carry something, each once; all of them where none does. */
  telling(words) {
    const every = [...new Set(words)];
    const kept = every.filter((word) => !this.silent.has(word));
    return kept.length ? kept : every;
  }

  frequency(form) {
    const { names, texts } = this.words.get(form);
    return names.size + texts.size;
  }

  starting(start) {
    return this.sorted.filter((word) => word.startsWith(start))
      .sort((one, other) => this.frequency(other) - this.frequency(one)).slice(0, MANY);
  }

  /** What a word may mean: words of the index, each with how surely. */
  meanings(form, isOpen, isTyped) {
    const found = new Map();
    const add = (word, quality) => found.set(word, Math.max(found.get(word) ?? 0, quality));
    if (form.length > 5 && isAlpha(form)) {
      const start = form.slice(0, Math.max(5, Math.round(form.length * 0.6)));
      this.starting(start).filter((word) => word.length <= form.length + 4 && isAlpha(word)).forEach((word) => add(word, KIN));
    }
    if (isOpen && form.length >= (isTyped ? 1 : 3)) {
      this.starting(form).forEach((word) => add(word, 0.6 + (0.3 * form.length) / word.length));
    }
    if (/^\d\d$/.test(form)) ["19", "20"].map((century) => century + form).filter((year) => this.words.has(year)).forEach((year) => add(year, KIN));
    const same = this.stems.get(stem(form)) ?? [];
    if (!this.words.has(form) && !same.length && isAlpha(form) && form.length > 3) {
      const most = form.length < 8 ? 1 : 2;
      for (const [word, away] of this.near(form, most)) add(word, away <= 1 ? CLOSER : CLOSE);
    }
    same.slice(0, MANY).forEach((word) => add(word, SAME_STEM));
    if (this.words.has(form)) found.set(form, 1);
    return found;
  }

  /** The words that differ by so many letters at most, the nearest first. */
  near(form, most, lengths = most) {
    return this.sorted.filter((word) => word.length > 3 && isAlpha(word) && Math.abs(word.length - form.length) <= lengths)
      .map((word) => [word, distance(form, word)]).filter(([, away]) => away <= most)
      .sort((one, other) => one[1] - other[1]).slice(0, MANY);
  }

  /** Searches that find something, near to one that finds nothing. */
  similar(query) {
    const words = this.telling(forms(query)).slice(0, LONGEST);
    return [...new Set(words.flatMap((form) => this.near(form, Math.max(2, form.length >> 1), 2).slice(0, 4).map(([word]) => word)))].slice(0, 6);
  }

  /** The things that a search may mean, the best first; of one kind, or of all where it is -1. */
  search(query, { kind = -1, limit = MOST, isTyped = false } = {}) {
    const written = forms(query);
    const words = this.telling(written).slice(0, LONGEST);
    const meanings = words.map((word, place) => this.meanings(word, place === words.length - 1 && word === written.at(-1), isTyped));
    words.slice(1).forEach((word, place) => {
      const joined = words[place] + word;
      if (this.words.has(joined)) [meanings[place], meanings[place + 1]].forEach((each) => each.set(joined, JOINED));
    });
    const question = { words, meanings, weights: this.weigh(meanings), met: new Set(meanings.flatMap((each) => [...each.keys()])) };
    const named = meanings.map((each) => this.places(each, "names", 1));
    const said = meanings.map((each) => (isTyped ? new Map() : this.places(each, "texts", TEXT)));
    const reach = new Map();
    question.weights.forEach((weight, at) => {
      for (const place of new Set([...named[at].keys(), ...said[at].keys()])) {
        reach.set(place, (reach.get(place) ?? 0) + weight * Math.max(named[at].get(place) ?? 0, said[at].get(place) ?? 0));
      }
    });
    const all = [...reach].filter(([, share]) => share >= SHARE * TEXT).map(([place]) => place);
    const hits = all.filter((place) => kind < 0 || this.entries[place].kind === kind)
      .map((place) => this.score(question, this.entries[place], said.map((each) => each.get(place) ?? 0), kind < 0));
    hits.sort((one, other) => other.score - one.score || other.entry.quotes.length - one.entry.quotes.length
      || label(one.entry, "").text.length - label(other.entry, "").text.length || (one.entry.id < other.entry.id ? -1 : 1));
    const kinds = new Map();
    all.forEach((place) => kinds.set(this.entries[place].kind, (kinds.get(this.entries[place].kind) ?? 0) + 1));
    return { hits: hits.slice(0, limit), total: hits.length, all: all.length, kinds };
  }

  /** How much each word counts: the rarer the more; one that nothing has, as the others on average. */
  weigh(meanings) {
    const weights = meanings.map((each) => {
      const surest = Math.max(0, ...each.values());
      const count = [...each].filter(([, quality]) => quality >= surest - 0.05).reduce((sum, [form]) => sum + this.frequency(form), 0);
      return count ? Math.log(1 + this.entries.length / count) : 0;
    });
    const known = weights.filter(Boolean);
    const mean = known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : 1;
    const given = weights.map((each) => each || mean);
    const all = given.reduce((sum, each) => sum + each, 0);
    return given.map((each) => each / all);
  }

  /** The things that a word of a search leads to, each with how surely. */
  places(meanings, way, share) {
    const found = new Map();
    for (const [form, quality] of meanings) {
      for (const place of this.words.get(form)[way]) found.set(place, Math.max(found.get(place) ?? 0, quality * share));
    }
    return found;
  }

  /** The thing with the best of its scores, and the name that met. */
  score({ words, meanings, weights, met }, entry, said, isLowered) {
    const sum = (values) => values.reduce((total, value, at) => total + value * weights[at], 0);
    const widest = [...said];
    let [top, name] = [0, null];
    for (const variant of entry.variants) {
      const own = variant.words.filter((form) => met.has(form));
      if (!own.length) continue;
      const found = meanings.map((each) => Math.max(0, ...own.map((form) => each.get(form) ?? 0)));
      found.forEach((quality, at) => { widest[at] = Math.max(widest[at], quality); });
      const role = ROLES[variant.role] * variant.share;
      const isSame = variant.words.length === words.length && variant.words.every((form, at) => form === words[at]);
      const score = isSame ? 100 * role : Math.min(NOT_EXACT, 100 * (0.8 * sum(found) + (0.2 * own.length) / variant.words.length)) * role;
      if (score > top) [top, name] = [score, entry.names[variant.name]];
    }
    const best = Math.max(top, 100 * SCATTERED * sum(widest)) * (isLowered ? entry.weight : 1);
    return { entry, score: Math.round(best * 10) / 10, name, met };
  }
}

/** What a thing is called in a language, else in another. */
export function label({ names, id }, language) {
  const labels = names.filter(([, role]) => role === "label");
  const [text, , tag] = labels.find(([, , each]) => each === language) ?? labels.find(([, , each]) => !each) ?? labels[0] ?? [id, "", ""];
  return { text, language: tag };
}

/** The page of a thing in a language, below the start page. */
export const pageOf = ({ page }, language) => (language === "en" ? `en/${page}` : page);

/** The name that met a search where the one that is shown does not show it; undefined where it does. */
export function otherName({ name, met }, shown) {
  if (!name || name[0] === shown) return undefined;
  const count = (text) => mark(text, (form) => met.has(form)).filter(([, isMet]) => isMet).length;
  return count(name[0]) > count(shown) ? name : undefined;
}

/** What one who is typing may mean, as ../search.js shows it. */
export function suggest(index, typed, language) {
  return index.search(typed, { limit: 8, isTyped: true }).hits.map((hit) => {
    const { text, language: tag } = label(hit.entry, language);
    const kind = index.kinds[hit.entry.kind];
    return {
      name: text,
      language: tag,
      kind: kind?.[language][0] ?? "",
      family: kind?.family ?? "",
      href: hit.entry.page ? pageOf(hit.entry, language) : `${language === "en" ? "en/" : ""}search.html?q=${encodeURIComponent(text)}`,
      also: otherName(hit, text)?.[0],
    };
  });
}
