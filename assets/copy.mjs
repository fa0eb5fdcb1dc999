// Copies what the pages need of the packages in node_modules to kg/pages/vendor, each with its licence.
// The folder is made anew beside the old one and takes its place when it is whole; manifest.json says what it holds.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "node_modules");
const target = join(here, "..", "kg", "pages", "vendor");
const making = `${target}.new`;
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages;

// What French and English need; the faces are static ones, since a variable one is heavier than all of its cuts here.
const SUBSETS = ["latin", "latin-ext"];
const FACES = {
  "@fontsource/source-serif-4": ["400", "400-italic", "600"],
  "@fontsource/atkinson-hyperlegible-next": ["400", "600"],
};
const FILES = {
  "@zazuko/yasgui": ["build/yasgui.min.js", "build/yasgui.min.css"],
  oxigraph: ["web.js", "web_bg.wasm"],
};

/** The description of an installed package. */
const described = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));

/** The folder of a package in the target: its name without the scope. */
const folderOf = (name) => name.split("/").at(-1);

// The editor's two inline styles, which no strict Content-Security-Policy lets through; kg/pages/query/editor.css has the rules.
const PATCHES = {
  "yasgui.min.js": [["<strong style='text-decoration:underline'>", "<strong>"], ["createElement(`style`)", "createElement(`template`)"]],
};

/** The text of a file with its patches. */
function patched(file, text) {
  return (PATCHES[file.split("/").at(-1)] ?? []).reduce((so, [from, to]) => {
    if (!so.includes(from)) throw new Error(`${file} has no ${from} any more: look at the patches in copy.mjs again.`);
    return so.replaceAll(from, to);
  }, text);
}

/** Copy the files of a package, without the comment that names a source map, which stays behind. */
function copyFiles(name, files) {
  for (const file of files) {
    const to = join(making, folderOf(name), file.split("/").at(-1));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(packages, name, file), to);
    if (/\.(js|css)$/.test(file)) {
      writeFileSync(to, patched(file, readFileSync(to, "utf8")).replace(/\n\/[/*]# sourceMappingURL=.*\s*$/, "\n"));
    }
  }
}

// Source Serif draws the middle dot between two l as Catalan does; as a face of its own, from the same file, the dot keeps
// its distance in "professionnel·le·s".
const DOTTED = "@fontsource/source-serif-4";
const dotted = (rule) => rule.replace(/unicode-range:[^;]*;/, "unicode-range: U+00B7;");

/** The rules of a face, of the subsets wanted, and the files that they name, which change name with the version. */
function face(name, cut) {
  const version = described(name).version;
  const rules = readFileSync(join(packages, name, `${cut}.css`), "utf8").match(/@font-face \{[^}]*\}/g);
  const wanted = rules.filter((rule) => SUBSETS.some((subset) => rule.includes(`-${subset}-${cut.split("-")[0]}-`)));
  const dots = name === DOTTED ? wanted.filter((rule) => rule.includes("-latin-") && !rule.includes("-latin-ext-")).map(dotted) : [];
  return [...wanted, ...dots].map((rule) => {
    const file = rule.match(/files\/([^)]*\.woff2)/)[1];
    copyFiles(name, [`files/${file}`]);
    return rule.replace(/src:[^;]*;/, `src: url("${folderOf(name)}/${file}?v=${version}") format("woff2");`);
  });
}

/** The packages that a package is made of: itself and, as the lock file has them, all that it depends on. */
function parts(name, seen = new Set()) {
  if (!seen.has(name) && lock[`node_modules/${name}`]) {
    seen.add(name);
    Object.keys(lock[`node_modules/${name}`].dependencies ?? {}).forEach((other) => parts(other, seen));
  }
  return [...seen].sort();
}

// The permission of the MIT licence, for packages that name it without its text.
const MIT = readFileSync(join(here, "..", "LICENSE"), "utf8").replace(/^[^]*?(?=Permission is)/, "").trim();

/** The licences of a package and of its parts, with their authors' own text where the package has it. */
function licences(name) {
  return parts(name).map((part) => {
    const { version, license, author, homepage } = described(part);
    const file = readdirSync(join(packages, part)).find((each) => /^(licen[cs]e|copying)/i.test(each));
    const by = typeof author === "string" ? author : (author?.name ?? "its authors");
    const named = `Copyright (c) ${by}${homepage ? `, ${homepage}` : ""}${/\bMIT\b/.test(license) ? `\n\n${MIT}` : ""}`;
    const text = file ? readFileSync(join(packages, part, file), "utf8").trim() : named;
    return `${part} ${version} (${license})\n\n${text}\n`;
  }).join(`\n${"-".repeat(78)}\n\n`);
}

/** The files of a folder and of those in it. */
const within = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? within(join(folder, entry.name)) : [join(folder, entry.name)]);

rmSync(making, { recursive: true, force: true });
mkdirSync(making, { recursive: true });
const rules = Object.entries(FACES).flatMap(([name, cuts]) => cuts.flatMap((cut) => face(name, cut)));
writeFileSync(join(making, "fonts.css"), `${rules.join("\n")}\n`);
Object.entries(FILES).forEach(([name, files]) => copyFiles(name, files));
const names = [...Object.keys(FACES), ...Object.keys(FILES)];
names.forEach((name) => writeFileSync(join(making, folderOf(name), "LICENSE.txt"), licences(name)));
const digest = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
const manifest = {
  packages: Object.fromEntries(names.map((name) => [name, described(name).version])),
  files: Object.fromEntries(within(making).sort().map((file) => [relative(making, file).replaceAll("\\", "/"), digest(file)])),
};
writeFileSync(join(making, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
if (existsSync(target)) rmSync(target, { recursive: true });
renameSync(making, target);
