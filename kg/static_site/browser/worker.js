// Oxigraph over the graph of the release, in a thread of its own that can be ended.

import init, { Store } from "../vendor/oxigraph/web.js";

const root = new URL("../../", import.meta.url);
let store;

/** The bytes of a file of the site. */
async function read(path) {
  const response = await fetch(new URL(path, root));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.arrayBuffer();
}

/** Load the graph: each triple in its graph, and a second time in the default graph, which so is the union. */
async function load() {
  const [engine, graph] = await Promise.all([read("static/vendor/oxigraph/web_bg.wasm"), read("download/graph.nq")]);
  await init({ module_or_path: engine });
  store = new Store();
  store.load(new TextDecoder().decode(graph), { format: "application/n-quads", lenient: true });
  store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }");
}

/** The query without comments, IRIs and strings: what its keywords are found in. */
const bare = (query) => query.replace(/"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^\s<>"{}|^`\\]*>|#[^\n]*/g, " ");

/** An answer of the engine, or why there is none, as the endpoint of the service words it. */
function answer({ query, results, graph, base }) {
  const words = bare(query);
  const refused = (code, detail, values = {}) => ({ status: 400, type: "application/problem+json", body: JSON.stringify({ code, detail, ...values }) });
  if (/\bSERVICE\b/i.test(words)) return refused("service", "The query has SERVICE, and nothing here asks another server.");
  const isGraph = /^(CONSTRUCT|DESCRIBE)$/i.test(words.match(/\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b/i)?.[0] ?? "");
  const type = isGraph ? graph : results;
  try {
    return { status: 200, type, body: store.query(query, { base_iri: base, results_format: type }) };
  } catch (error) {
    const detail = String(error.message ?? error);
    const place = detail.match(/(\d+):(\d+)/);
    return place ? refused("syntax", detail, { line: Number(place[1]), column: Number(place[2]) }) : refused("", detail);
  }
}

load().then(
  () => {
    onmessage = ({ data }) => postMessage(answer(data));
    postMessage({});
  },
  (error) => postMessage({ error: error.message }),
);
