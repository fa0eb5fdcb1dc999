// Answers the queries of the editor in the browser: what it would ask of the endpoint is asked of Oxigraph in a worker.
"use strict";

(() => {
  const script = document.currentScript;
  const root = new URL("../../", script.src);
  const seconds = Number(script.dataset.seconds);
  const base = document.querySelector("link[rel=canonical]").href;
  const fetched = window.fetch.bind(window);
  const FORMATS = {
    csv: ["text/csv", "csv"], tsv: ["text/tab-separated-values", "tsv"], json: ["application/sparql-results+json", "json"],
    xml: ["application/sparql-results+xml", "xml"], turtle: ["text/turtle", "ttl"], ntriples: ["application/n-triples", "nt"],
    jsonld: ["application/ld+json", "jsonld"], rdfxml: ["application/rdf+xml", "rdf"],
  };
  let engine; // the worker with the graph in it, and what tells that it is ready
  let last = Promise.resolve(); // the query before, since the engine answers one at a time

  const refused = (code, detail, values = {}) => ({ status: 400, type: "application/problem+json", body: JSON.stringify({ code, detail, ...values }) });

  /** Start a worker; it loads the graph of the release. */
  function start() {
    const worker = new Worker(new URL("worker.js", script.src), { type: "module" });
    const ready = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve());
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || "worker.js"));
      };
    });
    return { worker, ready };
  }

  /** The answer to a query; the worker ends, and its query with it, where that takes too long. */
  async function evaluate(query, results, graph) {
    engine ??= start();
    const { worker, ready } = engine;
    try {
      await ready;
    } catch (error) {
      engine = undefined;
      return refused("lost", error.message);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        worker.terminate();
        engine = undefined;
        resolve(refused("timeout", `The query was ended after ${seconds} seconds.`, { limit: seconds }));
      }, seconds * 1000);
      worker.onmessage = ({ data }) => {
        clearTimeout(timer);
        resolve(data);
      };
      worker.postMessage({ query, results, graph, base });
    });
  }

  /** The answer to a query, after those that were asked before. */
  function ask(query, results = FORMATS.json[0], graph = FORMATS.turtle[0]) {
    last = last.then(() => evaluate(query, results, graph));
    return last;
  }

  window.fetch = async (asked, options) => {
    const request = new Request(asked, options);
    const address = new URL(request.url);
    if (address.origin !== root.origin || !/\/sparql(\.html)?$/.test(address.pathname)) return fetched(asked, options);
    const given = request.method === "POST" ? new URLSearchParams(await request.text()) : address.searchParams;
    const { status, type, body } = await ask(given.get("query") ?? "");
    return new Response(body, { status, headers: { "Content-Type": type } });
  };

  /** Lead to the file of a page where a script has written its address as the service knows it. */
  function mend(event) {
    const link = event.target.closest?.("a[href]");
    const address = link && new URL(link.href, location.href);
    if (!address || !address.href.startsWith(root.href) || /(\.[a-z]+|\/)$/.test(address.pathname)) return;
    address.pathname += address.pathname.startsWith(`${root.pathname}graph/`) ? ".ttl" : ".html";
    link.href = address.href;
  }
  for (const type of ["pointerdown", "focusin", "click"]) document.addEventListener(type, mend, true);

  /** Save the answer where the address names a format, as links to a query do. */
  async function save() {
    const parameters = new URLSearchParams(location.search);
    const format = FORMATS[parameters.get("format")];
    if (!format || !parameters.get("query")) return;
    const { status, type, body } = await ask(parameters.get("query"), format[0], format[0]);
    if (status !== 200) return; // the editor tells why
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([body], { type }));
    link.download = `answer.${format[1]}`;
    link.click();
  }

  /** Put the query of the address into the form, where the editor looks for it. */
  function fill() {
    const field = document.getElementById("query");
    const query = new URLSearchParams(location.search).get("query");
    if (field && query) field.defaultValue = query;
  }

  fill();
  save();
})();
