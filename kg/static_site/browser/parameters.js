// Leads an address with parameters to the file that the site has for them: a host of files reads no parameters.
// The file's name is spelled as kg/static_site/site_addresses.py spells it.
"use strict";

(() => {
  const last = location.pathname.split("/").pop();
  const page = last.replace(/\.html$/, "") || "index";
  const parameters = new URLSearchParams(location.search);
  parameters.delete("lang");
  const isAnswered = /^(sparql|search)(\.|$)/.test(page) && [...parameters.keys()].join() !== "example"; // by a script here
  if (!parameters.size || page.includes("=") || isAnswered) return;

  const plain = (text) => encodeURIComponent(text)
    .replace(/[_~!*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%/g, "_");
  const pairs = [...parameters].sort(([one, first], [other, second]) => (
    one < other || (one === other && first < second) ? -1 : 1));
  const name = pairs.map(([key, value]) => `${plain(key)}=${plain(value)}`).join("+");
  location.replace(new URL(`${page}.${name}.html${location.hash}`, location.href));
})();
