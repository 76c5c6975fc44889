/**
 * The fields of the form: what they hold, which of them matter, what is remembered of them.
 *
 * Owns: the rule by which parts of the page come and go with what is chosen: an element with
 * `data-when="format=webp|avif"` is there for these values only, one with `data-unless` for all
 * others; several conditions stand apart by blanks. What is not there counts as not given.
 * Never: knows what a field means, or judges a value; the server does.
 */

import { onLanguage, say } from "./language.js";
import { read, write } from "./memory.js";
import { byId, put } from "./page.js";

const KEPT = "layout";
const KEPT_OPEN = "groups";
const CONDITIONAL = "[data-when], [data-unless]";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {HTMLFormElement} */
const form = () => byId("layout-form");

/**
 * Brings the form to life.
 *
 * @param {() => void} onChange after each change of a field
 */
export function showForm(onChange) {
  onForm(onChange);
  recall(read(KEPT) ?? {});
  for (const source of [form(), ...outside()]) source.addEventListener("input", changed);
  byId("defaults").addEventListener("click", () => {
    form().reset();
    fieldOf("layout").focus(); // the button is about to vanish
    changed();
  });
  showGroups();
  onLanguage(settle);
  settle();
}

/**
 * Calls back after each change of a field.
 *
 * @param {() => void} listener
 */
export function onForm(listener) {
  listeners.add(listener);
}

/** Takes in what the fields hold now. */
export function changed() {
  write(KEPT, Object.fromEntries(new FormData(form())));
  settle();
  for (const listener of listeners) listener();
}

/**
 * The value of a field; empty where the field does not matter, or a box is not ticked.
 *
 * @param {string} name
 */
export function given(name) {
  const field = fieldOf(name);
  if (field.closest(`:is(${CONDITIONAL})[hidden]`)) return "";
  if (field.type === "checkbox") return isTicked(field) ? "on" : "";
  return valueOf(name).value;
}

/**
 * The value of a field, or undefined where none is given, which JSON leaves out.
 *
 * @param {string} name
 */
export const chosen = (name) => given(name) || undefined;

/**
 * The number in a field, or undefined: the server has its own for it.
 *
 * @param {string} name
 */
export function number(name) {
  const text = given(name).trim();
  return text === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
}

/**
 * Whether a box is ticked; undefined where it is not.
 *
 * @param {string} name
 */
export const ticked = (name) => given(name) === "on" || undefined;

/**
 * Sets a field for its user; its group opens and the focus shows where.
 *
 * @param {string} name
 * @param {string} value
 */
export function set(name, value) {
  fill(name, value);
  const field = fieldOf(name);
  const group = field.closest("details");
  if (group) group.open = true;
  field.focus();
}

/**
 * Sets a field where nobody looks at it.
 *
 * @param {string} name
 * @param {string} value
 */
export function fill(name, value) {
  valueOf(name).value = value;
  changed();
}

/**
 * A field by its name; of radio buttons the one that is chosen.
 *
 * @param {string} name
 * @returns {Field}
 */
function fieldOf(name) {
  const found = form().elements.namedItem(name);
  if (!(found instanceof RadioNodeList)) return /** @type {Field} */ (found);
  const buttons = /** @type {HTMLInputElement[]} */ ([...found]);
  return buttons.find(({ checked }) => checked) ?? buttons[0];
}

/** @param {string} name */
const valueOf = (name) => /** @type {RadioNodeList | Field} */ (form().elements.namedItem(name));

/** @param {Field} field */
const isTicked = (field) => field instanceof HTMLInputElement && field.checked;

/** Fields that belong to the form and stand elsewhere on the page. */
const outside = () =>
  /** @type {Field[]} */ ([...form().elements].filter((field) => !form().contains(field)));

/** Shows what matters for what is chosen. A later condition may rest on an earlier field. */
export function settle() {
  for (const part of document.querySelectorAll(CONDITIONAL)) {
    const there = matters(/** @type {HTMLElement} */ (part));
    /** @type {HTMLElement} */ (part).hidden = !there;
    if (part instanceof HTMLOptionElement) allow(part, there);
  }
  for (const value of document.querySelectorAll("output[data-of]")) {
    put(/** @type {HTMLElement} */ (value), given(value.getAttribute("data-of") ?? ""));
  }
  drawGroups();
}

/** @param {HTMLElement} part */
function matters({ dataset: { when = "", unless = "" } }) {
  return conditions(when).every(holds) && !conditions(unless).some(holds);
}

/** @param {string} text */
const conditions = (text) => text.split(" ").filter(Boolean);

/** @param {string} condition such as `format=webp|avif` */
function holds(condition) {
  const [name, values] = condition.split("=");
  return values.split("|").includes(given(name));
}

/**
 * A choice that is not to be had cannot stay chosen.
 *
 * @param {HTMLOptionElement} option
 * @param {boolean} there
 */
function allow(option, there) {
  option.disabled = !there;
  const list = option.closest("select");
  if (list && !there && option.selected) list.selectedIndex = 0;
}

/** The groups stay as open as they were left. */
function showGroups() {
  const groups = [.../** @type {NodeListOf<HTMLDetailsElement>} */ (allGroups())];
  const open = new Set(read(KEPT_OPEN) ?? []);
  for (const group of groups) {
    group.open = open.has(group.id);
    group.addEventListener("toggle", () =>
      write(
        KEPT_OPEN,
        groups.filter((each) => each.open).map(({ id }) => id),
      ),
    );
  }
}

const allGroups = () => form().querySelectorAll("details");

/** Says of each group how many of its fields are not as they were at first. */
function drawGroups() {
  const fields = /** @type {Field[]} */ ([...form().elements].filter(isField));
  const different = fields.filter(isChanged);
  for (const group of allGroups()) {
    const n = different.filter((field) => group.contains(field)).length;
    const sign = /** @type {HTMLElement} */ (group.querySelector(".changed"));
    put(sign, n ? say("group.changed", { n }) : "");
  }
  byId("defaults").hidden = different.length === 0;
}

/** @param {Element} element */
const isField = (element) => element.matches("input, select, textarea");

/** @param {Field} field */
function isChanged(field) {
  if (field.closest("[hidden]")) return false;
  if (field instanceof HTMLSelectElement) {
    const first = [...field.options].findIndex(({ defaultSelected }) => defaultSelected);
    return Math.max(0, field.selectedIndex) !== Math.max(0, first); // -1 while it has none yet
  }
  if (field.type === "radio") return isTicked(field) && !isDefault(field);
  if (field.type === "checkbox") return isTicked(field) !== isDefault(field);
  return field.value !== field.defaultValue;
}

/** @param {Field} field */
const isDefault = (field) => field instanceof HTMLInputElement && field.defaultChecked;

/** @param {Record<string, string>} kept the fields as they were left */
function recall(kept) {
  for (const [name, value] of Object.entries(kept)) {
    if (!form().elements.namedItem(name)) continue; // of an earlier version of the page
    const field = fieldOf(name);
    if (field.type === "checkbox") /** @type {HTMLInputElement} */ (field).checked = true;
    else if (!(field instanceof HTMLSelectElement) || hasOption(field, value)) {
      valueOf(name).value = value;
    }
  }
}

/**
 * @param {HTMLSelectElement} list
 * @param {string} value
 */
const hasOption = (list, value) => [...list.options].some((option) => option.value === value);
