// Answers the requests for suggestions that ../search.js makes, from the index of the site.
"use strict";

(() => {
  const root = new URL("../../", document.currentScript.src);
  const finding = () => import(new URL("static/site/find.js", root));
  const fetched = window.fetch.bind(window);

  window.fetch = async (asked, options) => {
    const address = new URL(asked.url ?? asked, location.href);
    if (address.origin !== root.origin || !address.pathname.endsWith("/suggest")) return fetched(asked, options);
    const { load, suggest } = await finding();
    const index = await load(root);
    options?.signal?.throwIfAborted();
    const suggestions = suggest(index, address.searchParams.get("q") ?? "", document.documentElement.lang);
    return { ok: true, url: root.href, json: async () => ({ suggestions }) };
  };
})();
