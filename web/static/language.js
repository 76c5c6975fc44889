/**
 * Which language is spoken, and the speaking.
 *
 * Owns: the choice (remembered in this browser), the filling of a sentence with values, and the
 * translation of elements that name their word: `data-word` (text), `data-word-label`
 * (aria-label), `data-word-title` (title), `data-word-hint` (placeholder).
 * Never: knows a word; words.js has them.
 */

import { WORDS } from "./words.js";
import { read, write } from "./memory.js";

/** The languages that there are, in their order of preference where a browser names none. */
export const LANGUAGES = /** @type {const} */ (["en", "zh"]);

const KEPT = "language";

/** @type {Set<() => void>} */
const listeners = new Set();

let current = remembered() ?? wished(navigator.languages) ?? LANGUAGES[0];

/** The language spoken now, as a BCP 47 tag. */
export function language() {
  return current;
}

/**
 * The first of the wished-for languages that is spoken here.
 *
 * @param {readonly string[]} tags as in `navigator.languages`
 * @returns {string | undefined}
 */
export function wished(tags) {
  const bases = tags.map((tag) => tag.toLowerCase().split("-")[0]);
  return bases.find((base) => LANGUAGES.some((known) => known === base));
}

/**
 * Changes the language, remembers it, and has everything said anew.
 *
 * @param {string} tag one of LANGUAGES
 */
export function choose(tag) {
  current = tag;
  write(KEPT, tag);
  translatePage();
  for (const listener of listeners) listener();
}

/**
 * Calls back after each change of language.
 *
 * @param {() => void} listener
 */
export function onLanguage(listener) {
  listeners.add(listener);
}

/**
 * A sentence in the language spoken now. A word that is not known is said as it is.
 *
 * @param {string} key of words.js
 * @param {Record<string, string | number>} [values] what its `{names}` stand for
 */
export function say(key, values = {}) {
  const word = WORDS[key]?.[current] ?? key;
  const sentence = typeof word === "string" ? word : word[values.n === 1 ? 0 : 1];
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * Whether there is such a word.
 *
 * @param {string} key
 */
export function knows(key) {
  return key in WORDS;
}

/**
 * Translates every element at or below `root` that names its word.
 *
 * @param {ParentNode} root
 */
export function translate(root) {
  each(root, "data-word", (element, text) => (element.textContent = text));
  each(root, "data-word-label", (element, text) => element.setAttribute("aria-label", text));
  each(root, "data-word-title", (element, text) => element.setAttribute("title", text));
  each(root, "data-word-hint", (element, text) => element.setAttribute("placeholder", text));
}

/** Translates the whole page and says in which language it is. */
export function translatePage() {
  document.documentElement.lang = current === "zh" ? "zh-Hans" : current;
  document.title = say("title");
  translate(document);
}

/**
 * @param {ParentNode} root
 * @param {string} attribute
 * @param {(element: Element, text: string) => void} put
 */
function each(root, attribute, put) {
  for (const element of root.querySelectorAll(`[${attribute}]`)) {
    put(element, say(/** @type {string} */ (element.getAttribute(attribute))));
  }
}

/** @returns {string | undefined} */
function remembered() {
  const kept = read(KEPT);
  return LANGUAGES.find((known) => known === kept);
}
