// Suggestions below the search field, as an ARIA 1.2 combobox. The form also works without this script.
"use strict";

(() => {
  const form = document.getElementById("search");
  const field = form && form.elements.q;
  if (!field) return;

  const words = JSON.parse(form.dataset.words);
  const address = new URL("suggest", form.action);
  const plural = new Intl.PluralRules(document.documentElement.lang);
  const some = (n) => (words.some[plural.select(n)] ?? words.some.other).replace("{n}", n);
  const list = document.createElement("ul");
  const status = document.createElement("p");
  let addresses = []; // addresses of the suggestions shown
  let chosen = -1;
  let asking = null; // AbortController of the current request
  let waiting = 0; // timer of the next request

  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.list);
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-haspopup", "listbox"]]) field.setAttribute(name, value);
  form.append(list, status);

  const close = () => {
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const choose = (place) => {
    const options = list.children;
    if (options[chosen]) options[chosen].setAttribute("aria-selected", "false");
    chosen = place;
    if (!options[place]) {
      field.removeAttribute("aria-activedescendant");
      return;
    }
    options[place].setAttribute("aria-selected", "true");
    options[place].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[place].id);
  };

  const option = (suggestion, place) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const kind = document.createElement("span");
    item.id = `suggestion-${place}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    name.textContent = suggestion.also ? `${suggestion.name} (${suggestion.also})` : suggestion.name;
    if (suggestion.language) name.lang = suggestion.language;
    name.dir = "auto";
    kind.textContent = suggestion.kind;
    kind.className = suggestion.family ? `kind k-${suggestion.family}` : "kind";
    item.append(name, " ", kind);
    return item;
  };

  // Abort the current request as well, or its answer would open the list again.
  const leave = () => {
    clearTimeout(waiting);
    if (asking) asking.abort();
    close();
  };

  const show = (typed, suggestions, base) => {
    list.dataset.typed = typed;
    addresses = suggestions.map((each) => new URL(each.href, base).href);
    list.replaceChildren(...suggestions.map(option));
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    list.hidden = !addresses.length;
    field.setAttribute("aria-expanded", String(Boolean(addresses.length)));
    status.textContent = addresses.length ? `${some(addresses.length)} ${words.how}` : words.none;
  };

  const ask = async () => {
    if (asking) asking.abort();
    const typed = field.value.trim();
    if (!typed) {
      close();
      status.textContent = "";
      return;
    }
    asking = new AbortController();
    address.search = new URLSearchParams({ q: typed });
    try {
      const response = await fetch(address, { signal: asking.signal });
      if (!response.ok) throw new Error(response.statusText);
      const answer = await response.json();
      if (document.activeElement === field && field.value.trim() === typed) show(typed, answer.suggestions, response.url);
    } catch (error) {
      if (error.name !== "AbortError") close(); // the form still works
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });

  field.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      leave();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        if (addresses.length) {
          list.hidden = false;
          field.setAttribute("aria-expanded", "true");
        } else {
          ask();
        }
        return;
      }
      // Before the first and after the last option comes the field itself.
      const places = addresses.length + 1;
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && !list.hidden && chosen >= 0) {
      event.preventDefault();
      location.assign(addresses[chosen]);
    } else if (event.key === "Tab") {
      leave();
    }
  });

  field.addEventListener("blur", leave);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the field
  list.addEventListener("click", (event) => {
    const place = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (place >= 0) location.assign(addresses[place]);
  });
})();
