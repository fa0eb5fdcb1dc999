// The reader: choosing a passage by pointer or keyboard, its statements beside it, one family of passages at a time.
// Without this file the same links lead to the list of passages below the text.

"use strict";

const reader = document.getElementById("reader");
const text = reader.querySelector(".edition");
const notes = document.getElementById("notes");
const told = document.getElementById("told");
const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
const given = reader.dataset; // starts of the parts, number of this part, the one family that the server gave

/** The passages in the order of the text: start, end, families, entry of the list, elements of their marks. */
const passages = new Map();
for (const note of notes ? notes.querySelectorAll(".note") : []) {
  const anchor = note.id.slice(1);
  const [start, end] = anchor.split("-").map(Number);
  passages.set(anchor, { anchor, start, end, families: note.dataset.k.split(" "), note, marks: [] });
}
for (const mark of text.querySelectorAll(".m")) {
  const passage = passages.get(mark.dataset.p);
  passage?.marks.push(mark);
  if (passage) passage.link ??= mark.querySelector("a:not(.n)"); // the first link in the text that lies in it
}

let chosen = null; // the chosen passage
let place = null; // the link in the text that was last chosen from, to which the focus returns
let only = given.only || "";

const isShown = (passage) => !only || passage.families.includes(only);
const shown = () => [...passages.values()].filter((passage) => isShown(passage) && passage.link);

/** The passages that hold an element of the text, the shortest first. */
function around(element) {
  const found = new Set();
  for (let mark = element.closest(".m"); mark; mark = mark.parentElement.closest(".m")) {
    found.add(passages.get(mark.dataset.p));
  }
  found.delete(undefined);
  return [...found].filter(isShown).sort((a, b) => a.end - a.start - (b.end - b.start));
}

/** Make one link of the text the one that the tab key reaches. */
function enter(link) {
  text.querySelector('a[tabindex="0"]')?.setAttribute("tabindex", "-1");
  link?.setAttribute("tabindex", "0");
}

/** Show a passage as chosen, with what it says; no passage where there is none. */
function show(passage, from) {
  for (const mark of chosen ? chosen.marks : []) mark.classList.remove("on");
  chosen = passage;
  text.classList.toggle("choosing", Boolean(chosen));
  if (!chosen) {
    card.remove();
    told.textContent = "";
    return;
  }
  for (const mark of chosen.marks) mark.classList.add("on");
  place = from && chosen.marks.some((mark) => mark.contains(from)) ? from : chosen.link;
  enter(place);
  fill();
  const paragraph = chosen.marks[0].closest(".para");
  if (card.parentElement !== paragraph) paragraph.append(card);
  const first = chosen.marks[0].getClientRects()[0];
  const top = first ? first.top - paragraph.getBoundingClientRect().top : 0;
  card.style.top = `${Math.max(top, 0)}px`;
}

/** Put the chosen passage's entry and the passages at the same place on the card. */
function fill() {
  const note = card.querySelector(".note");
  note.replaceChildren(...chosen.note.cloneNode(true).childNodes);
  const here = around(place);
  const list = card.querySelector(".here");
  list.hidden = here.length < 2;
  list.querySelector("ol").replaceChildren(
    ...here.map((passage) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#${passage.anchor}`;
      link.className = `k-${passage.families[0]}`;
      link.lang = text.lang;
      link.dir = text.dir;
      link.textContent = shorten(passage.note.querySelector("q").textContent);
      if (passage === chosen) link.setAttribute("aria-current", "true");
      item.append(link);
      return item;
    }),
  );
  told.textContent = note.textContent.replace(/\s+/g, " ").trim();
}

/** The first and the last words of a long quote, so that passages that begin alike can be told apart. */
const shorten = (quote) => quote.replace(/^(.{30,50}?)(?= ).{20,}( .{30,50})$/s, "$1 […]$2");

/** Choose a passage, note it in the address, and bring it into view. */
function choose(passage, { from = null, replace = false, focus = false } = {}) {
  show(passage, from);
  const address = passage ? `#${passage.anchor}` : location.pathname + location.search;
  if (address !== (location.hash || location.pathname + location.search)) {
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }
  if (!passage) return;
  if (focus) place.focus({ preventScroll: true });
  const box = passage.marks[0].getBoundingClientRect();
  if (box.top < 60 || box.bottom > innerHeight - 60) passage.marks[0].scrollIntoView({ block: "center" });
}

/** Choose the passage so many steps on, in the order of the text. */
function step(by) {
  const all = shown();
  const index = all.indexOf(chosen);
  const next = all[index < 0 ? (by > 0 ? 0 : all.length - 1) : index + by];
  if (next) choose(next, { replace: true, focus: text.contains(document.activeElement) && !card.contains(document.activeElement) });
}

/** Close the card; the focus goes back to the text where it was on the card. */
function close() {
  const back = card.contains(document.activeElement) || document.activeElement === document.body;
  const to = place;
  choose(null);
  if (back) to?.focus({ preventScroll: true });
}

/** Open what the address names: a passage of this page, one of another part, or none. */
function open() {
  const family = new URLSearchParams(location.search).get("kind") ?? "";
  if (!given.only && family !== only) filter(family);
  const anchor = decodeURIComponent(location.hash.slice(1)).replace(/^n(?=\d)/, "");
  if (!/^\d+-\d+$/.test(anchor)) return show(null);
  const passage = passages.get(anchor);
  if (passage?.link) {
    if (!isShown(passage)) turn("", passage);
    return choose(passage, { replace: true });
  }
  const start = Number(anchor.split("-")[0]);
  const part = Math.max(given.starts.split(" ").filter((at) => Number(at) <= start).length, 1);
  const address = new URL(location.href);
  if (String(part) !== given.part) address.searchParams.set("part", part);
  else if (given.only) address.searchParams.delete("kind");
  if (address.href !== location.href) location.replace(address);
}

/** Show the passages of one family, or of all. */
function filter(family) {
  only = family;
  if (only) reader.dataset.only = only;
  else delete reader.dataset.only;
  for (const link of reader.querySelectorAll("[data-family]")) {
    if (link.dataset.family === only) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const passage of passages.values()) passage.note.hidden = !isShown(passage);
  if (chosen && !isShown(chosen)) show(null);
  enter(chosen ? place : shown()[0]?.link);
}

/** Show one family and note it in the address, with the passage that stays chosen. */
function turn(family, passage) {
  filter(family);
  const link = reader.querySelector(`[data-family="${family}"]`);
  history.replaceState(null, "", link.getAttribute("href") + (passage ? `#${passage.anchor}` : ""));
}

text.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest(".n")) return;
  if (card.contains(event.target)) return;
  const here = around(event.target);
  if (event.target.closest("a")) event.preventDefault();
  if (!here.length || !getSelection().isCollapsed) return;
  const link = event.target.closest("a") || event.target.closest(".m").querySelector("a:not(.n)");
  const again = link === place && here.includes(chosen);
  choose(again ? here[(here.indexOf(chosen) + 1) % here.length] : here[0], { from: link });
});

card.addEventListener("click", (event) => {
  const link = event.target.closest(".here a, .words a");
  const button = event.target.closest("button");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const passage = passages.get(link.hash.slice(1));
    choose(passage, { from: place });
    card.querySelector(".here [aria-current]")?.focus();
  } else if (button) {
    if ("close" in button.dataset) close();
    else step(Number(button.dataset.step));
  }
});

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.key === "Escape" && chosen) return close();
  if (!reader.contains(document.activeElement) && document.activeElement !== document.body) return;
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  if (event.key in steps) {
    event.preventDefault();
    step(steps[event.key]);
  }
});

if (!given.only) {
  reader.querySelector(".families")?.addEventListener("click", (event) => {
    const link = event.target.closest("[data-family]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    turn(link.dataset.family, chosen && (!link.dataset.family || chosen.families.includes(link.dataset.family)) ? chosen : null);
  });
}

/** Fold the list of all passages under a button, since a passage shows its own. */
function fold() {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = notes.dataset.open;
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const folded = notes.classList.toggle("folded");
    button.setAttribute("aria-expanded", String(!folded));
  });
  notes.classList.add("folded");
  notes.querySelector("h2").after(button);
}

reader.classList.add("live");
for (const link of text.querySelectorAll(".m a:not(.n)")) link.setAttribute("tabindex", "-1");
if (notes) fold();
enter(text.querySelector(".m a:not(.n)"));
addEventListener("hashchange", open);
addEventListener("popstate", open);
document.fonts.ready.then(() => chosen && show(chosen, place));
addEventListener("resize", () => chosen && show(chosen, place));
open();
