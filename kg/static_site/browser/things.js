// Sorts the table of a list in the browser, where the service would give the list in another order.
"use strict";

(() => {
  const table = document.querySelector("main .scroll table");
  if (!table || document.querySelector(".pager")) return; // a part of a list cannot be sorted alone
  const body = table.tBodies[0];
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base", ignorePunctuation: true }).compare;

  table.querySelectorAll("thead th").forEach((head, column) => {
    const words = head.querySelector("a:not([href])");
    if (!words) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...words.childNodes);
    words.replaceWith(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].textContent.trim();
      const rows = [...body.rows].sort((one, other) => ( // what is empty stands last, either way
        !value(one) - !value(other) || compare(value(one), value(other)) * (down ? -1 : 1)));
      body.append(...rows);
    });
  });
})();
