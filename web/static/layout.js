/**
 * How the pictures are to be joined: the form, and the request it amounts to.
 *
 * Owns: the fields, which of them make sense together, and their memory in this browser.
 * Never: judges values; the server's forecast does, so there is one truth.
 */

import { onLanguage, say } from "./language.js";
import { read, write } from "./memory.js";
import { byId } from "./page.js";

const KEPT = "layout";

/** The length that "set a length" begins with: sharp on most screens. */
const FIRST_PIXELS = 1200;

/** @returns {HTMLFormElement} */
const form = () => byId("layout-form");

/**
 * A field of the form by its name, as something with a value.
 *
 * @param {string} name
 */
const field = (name) =>
  /** @type {HTMLInputElement} */ (/** @type {unknown} */ (form().elements.namedItem(name)));

/**
 * Brings the form to life.
 *
 * @param {() => void} onChange after each change of a field
 */
export function showLayout(onChange) {
  recall(read(KEPT) ?? {});
  const changed = () => {
    write(KEPT, Object.fromEntries(new FormData(form())));
    settle();
    onChange();
  };
  form().addEventListener("input", changed);
  onLanguage(settle);
  settle();
}

/**
 * The request for these pictures. An empty number is left to the server.
 *
 * @param {import("./api.js").File[]} files
 */
export function readRequest(files) {
  const { layout, fit, format } = chosen();
  const request = {
    inputs: files.map(({ id }) => ({ file: id })),
    layout,
    columns: layout === "grid" ? number("columns") : undefined,
    fit: fit === "pixels" ? (number("pixels") ?? FIRST_PIXELS) : fit,
    align: field("align").value,
    gap: number("gap"),
    background: transparent() ? "transparent" : field("background").value,
    format,
    quality: format === "png" ? undefined : number("quality"),
  };
  return request; // JSON leaves out what is undefined
}

/**
 * Asks for pictures of a set length; the focus shows where.
 *
 * @param {number} pixels
 */
export function setFit(pixels) {
  field("fit").value = "pixels";
  field("pixels").value = String(pixels);
  form().dispatchEvent(new Event("input"));
  field("pixels").focus();
}

/**
 * Asks for another format; the focus shows where.
 *
 * @param {string} format
 */
export function setFormat(format) {
  field("format").value = format;
  form().dispatchEvent(new Event("input"));
  byId(`format-${format}`).focus();
}

const chosen = () => ({
  layout: field("layout").value,
  fit: field("fit").value,
  format: field("format").value,
});

const transparent = () => field("transparent").checked && field("format").value !== "jpeg";

/** @param {string} name */
function number(name) {
  const { valueAsNumber } = field(name);
  return Number.isNaN(valueAsNumber) ? undefined : valueAsNumber;
}

/** Shows the fields that matter for what is chosen, and names them by it. */
function settle() {
  const { layout, fit, format } = chosen();
  byId("columns-field").hidden = layout !== "grid";
  byId("pixels-field").hidden = fit !== "pixels";
  byId("quality-field").hidden = format === "png";
  byId("pixels-label").textContent = say(`fit.pixels.${layout}`);
  byId("quality-value").textContent = field("quality").value;
  field("transparent").disabled = format === "jpeg";
  field("background").disabled = transparent();
  nameAlignments(layout);
}

/** @param {string} layout */
function nameAlignments(layout) {
  for (const option of /** @type {HTMLSelectElement} */ (byId("align")).options) {
    option.textContent = say(`align.${layout}.${option.value}`);
  }
}

/** @param {Record<string, string>} kept the fields as they were left */
function recall(kept) {
  for (const [name, value] of Object.entries(kept)) {
    const found = field(name);
    if (!found) continue; // a field of an earlier version of the page
    if (found.type === "checkbox") found.checked = true;
    else found.value = value;
  }
}
