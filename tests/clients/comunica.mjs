// Puts queries with Comunica: a list of {name, form, query, sources} in, an object of their answers out, both in JSON.
import { text } from "node:stream/consumers";
import { QueryEngine } from "@comunica/query-sparql";

const term = ({ value, language, datatype }) => (language ? { value, language } : { value, datatype: datatype?.value });

const forms = {
  bindings: async (engine, query, context) =>
    (await (await engine.queryBindings(query, context)).toArray()).map((row) =>
      Object.fromEntries([...row].map(([variable, found]) => [variable.value, term(found)])),
    ),
  boolean: (engine, query, context) => engine.queryBoolean(query, context),
  quads: async (engine, query, context) =>
    (await (await engine.queryQuads(query, context)).toArray()).map((quad) =>
      [quad.subject, quad.predicate, quad.object].map(term),
    ),
};

const engine = new QueryEngine();
const answers = {};
for (const { name, form, query, sources, unionDefaultGraph } of JSON.parse(await text(process.stdin))) {
  try {
    answers[name] = await forms[form](engine, query, { sources, unionDefaultGraph });
  } catch (error) {
    answers[name] = { error: error.message };
  }
}
console.log(JSON.stringify(answers));
