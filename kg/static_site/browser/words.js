// Words as a search compares them, in the way of kg/pages/shared/text_analysis.py.

const LETTER = "[\\p{L}\\p{Nl}\\p{No}]"; // what Python takes for a letter in a pattern
const TOKEN = new RegExp([
  `(?:${LETTER}\\.){2,}${LETTER}?(?![\\p{L}\\p{N}])`, // E.H.P.A.D.
  "(?<![\\p{L}\\p{N}_])\\p{Nd}{1,3}(?:[\\s.,]\\p{Nd}{3})+(?![\\p{L}\\p{N}_])", // 1 000
  `${LETTER}+(?:[·⋅•‧∙]${LETTER}{1,4})+`, // résident⋅e⋅s
  `${LETTER}{3,}(?:\\.(?:e|s|es|le|les|ne|nes|te|tes))+(?![\\p{L}\\p{N}_])`, // résident.e.s
  `${LETTER}{3,}\\((?:e|s|es|le|ne)\\)s?(?![\\p{L}\\p{N}_])`, // résident(e)s
  "[\\p{L}\\p{N}]+",
].join("|"), "gu");
const INITIALS = new RegExp(`^(?:${LETTER}\\.){2,}${LETTER}?$`, "u");
const INCLUSIVE = /[·⋅•‧∙(]|(?<=[\p{L}\p{N}_]{3})\./u;
const ENDINGS = [
  "issement", "ations", "ation", "atoire", "ement", "ment", "ness", "ings", "ing", "ante", "ant", "isme", "ism",
  "iste", "ist", "ions", "ion", "er", "ee",
];
const LEFT = 4; // letters that are left at least where an ending is taken off

export const isAlpha = (form) => /^\p{L}+$/u.test(form);

/** The text without accents, ligatures and case. */
export const fold = (text) => text.replace(/[œŒ]/g, "oe").replace(/[æÆ]/g, "ae").normalize("NFKD")
  .replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss").replace(/ς/g, "σ");

/** The folded form of one word: digits without their groups, the masculine of an inclusive spelling. */
function formOf(word) {
  if (/^\p{Nd}/u.test(word)) return fold(word.replace(/[\s.,]/g, ""));
  if (INITIALS.test(word)) return fold(word.replaceAll(".", ""));
  const parts = word.split(INCLUSIVE);
  return fold(parts[0] + (parts.length > 1 && word.endsWith("s") ? "s" : ""));
}

/** The words of a text in order: folded form, start and end. */
export const tokens = (text) => [...text.matchAll(TOKEN)].map(({ 0: word, index }) => (
  { form: formOf(word), start: index, end: index + word.length }));

/** The folded words of a text in order. */
export const forms = (text) => tokens(text).map(({ form }) => form);

/** What the forms of a word have in common: without plural, feminine and the most frequent endings. */
export function stem(form) {
  if (form.length < LEFT || !isAlpha(form)) return form;
  let word = form;
  if (word.endsWith("aux") && word.length > 5) word = word.at(-4) === "e" ? word.slice(0, -1) : `${word.slice(0, -3)}al`;
  else if (/[sx]$/.test(word) && !word.endsWith("ss")) word = word.slice(0, -1);
  const ending = ENDINGS.find((each) => word.endsWith(each) && word.length - each.length >= LEFT);
  if (ending) word = word.slice(0, -ending.length);
  while (/[eiy]$/.test(word) && word.length > 3) word = word.slice(0, -1);
  if (word.endsWith("f")) word = `${word.slice(0, -1)}v`;
  return word.length > LEFT && word.at(-1) === word.at(-2) ? word.slice(0, -1) : word;
}

/** How many letters are to be put in, left out, changed, or changed places with the next (optimal string alignment). */
export function distance(one, other) {
  let [before, above] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = above[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, change);
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, above] = [above, row];
  }
  return above[other.length];
}

/** The text in pieces, each with whether it is a word that is wanted. */
export function mark(text, isWanted) {
  const pieces = [];
  let done = 0;
  for (const { form, start, end } of tokens(text)) {
    if (isWanted(form)) {
      if (start > done) pieces.push([text.slice(done, start), false]);
      pieces.push([text.slice(start, end), true]);
      done = end;
    }
  }
  if (done < text.length) pieces.push([text.slice(done), false]);
  return pieces;
}
