/**
 * The page's elements: found, copied from templates, spoken through.
 *
 * Owns: the ways in which the DOM is touched; names and sentences go in as text, never as markup.
 * Never: knows what the elements are for.
 */

import { say, translate } from "./language.js";

/**
 * The element with this id. One that is missing is a mistake of ours and ends the script.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (element);
}

/**
 * A translated copy of a template: its element, and those inside it that carry `data-part`.
 *
 * @param {string} id of the template
 * @returns {Record<string, any>} by part; the whole as `root`
 */
export function copy(id) {
  const template = /** @type {HTMLTemplateElement} */ (byId(id));
  const fragment = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  translate(fragment);
  /** @type {Record<string, any>} */
  const parts = { root: fragment.firstElementChild };
  for (const element of fragment.querySelectorAll("[data-part]")) {
    parts[/** @type {HTMLElement} */ (element).dataset.part ?? ""] = element;
  }
  return parts;
}

/**
 * An element with text in it.
 *
 * @param {string} tag
 * @param {string} [text]
 * @param {string} [className]
 */
export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/**
 * An element with a word in it, which is said anew in another language.
 *
 * @param {string} tag
 * @param {string} word of words.js
 */
export function worded(tag, word) {
  const made = element(tag, say(word));
  made.dataset.word = word;
  return made;
}

/**
 * A button with words on it.
 *
 * @param {string} text
 * @param {() => void} onClick
 */
export function button(text, onClick) {
  const made = /** @type {HTMLButtonElement} */ (element("button", text));
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Does a button's work; until it is done, more presses do nothing. The button keeps the focus,
 * which one that is `disabled` would lose.
 *
 * @param {HTMLElement} pressed
 * @param {() => Promise<void>} work
 */
export async function once(pressed, work) {
  if (isBusy(pressed)) return;
  pressed.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    pressed.removeAttribute("aria-disabled");
  }
}

/**
 * Whether a button's work is under way.
 *
 * @param {HTMLElement} pressed
 */
export const isBusy = (pressed) => pressed.getAttribute("aria-disabled") === "true";

/**
 * Sets a text only where it differs, so that nothing is read out or selected anew.
 *
 * @param {HTMLElement} target
 * @param {string} text
 */
export function put(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Has a screen reader say something at its next pause.
 *
 * @param {string} text
 */
export function announce(text) {
  const line = element("p", text);
  const log = byId("announcements");
  log.append(line);
  while (log.childElementCount > 5) log.firstElementChild?.remove();
}

/**
 * Has the page open a picture where it can be shown; where not, its kind is named instead.
 *
 * @param {HTMLImageElement} image
 * @param {HTMLElement} instead
 * @param {string | null} address
 */
export function showPicture(image, instead, address) {
  const fail = () => {
    image.hidden = true;
    instead.hidden = false;
  };
  image.addEventListener("error", fail, { once: true });
  if (address === null) return fail();
  image.src = address;
  image.hidden = false;
  instead.hidden = true;
}
