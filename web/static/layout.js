/**
 * How the pictures are to be joined: from the form's fields to a request.
 *
 * Owns: which field becomes which member of the request, and the purposes that stand for several.
 * Never: judges values; the server's forecast does, so there is one truth.
 */

import { chosen, given, number, onForm, set, showForm, ticked } from "./form.js";
import { onLanguage, say } from "./language.js";
import { byId } from "./page.js";
import { areas } from "./templates.js";
import { joinable, watermarkFile } from "./watermark.js";
import { asInput } from "./wishes.js";

/** The length that "set a length" begins with: sharp on most screens. */
const FIRST_PIXELS = 1200;

/** What two choices beside the layouts stand for: pictures below each other, looked at first. */
const PURPOSES = /** @type {Record<string, (() => object) | undefined>} */ ({
  scroll: () => ({ overlap: "find", on_no_overlap: chosen("on_no_overlap") }),
  film: () => ({ band: band() }),
});

/** Which layout's words a choice takes for its sides. */
const LIKE = /** @type {Record<string, string>} */ ({
  scroll: "vertical",
  film: "vertical",
  template: "grid",
  justified: "grid",
});

const UNITS = /** @type {Record<string, number>} */ ({ kB: 1e3, MB: 1e6 });

/**
 * Brings the form to life.
 *
 * @param {() => void} onChange after each change of a field
 */
export function showLayout(onChange) {
  onForm(nameSides);
  onLanguage(nameSides);
  showForm(onChange);
  nameSides();
}

/**
 * The request for these pictures. An empty number is left to the server.
 *
 * @param {import("./api.js").File[]} files
 */
export function readRequest(files) {
  const inputs = joinable(files);
  return {
    inputs: inputs.map((file) => asInput(file, given("layout"))),
    order: chosen("order"),
    ...arrangement(inputs.length),
    ...frame(),
    ...marks(),
    ...resultFile(),
  }; // JSON leaves out what is undefined
}

/**
 * Asks for a scale of the whole.
 *
 * @param {number} percent
 */
export const setScale = (percent) => set("scale", String(percent));

/**
 * Asks for a length that fits.
 *
 * @param {string} name of the field
 * @param {number} pixels
 */
export const setLength = (name, pixels) => set(name, String(pixels));

/**
 * Asks for another format.
 *
 * @param {string} format
 */
export const setFormat = (format) => set("format", format);

/** Asks for as many files, or pages, as the format makes necessary. */
export const setParts = () => set("cut", "limit");

/**
 * The layout's or the purpose's name, as the form has it.
 *
 * @param {Record<string, any>} request
 */
export function wayOf({ layout = "vertical", overlap, band }) {
  if (overlap === "find") return "scroll";
  return band ? "film" : layout; // the server's default
}

/** @param {number} count of pictures */
function arrangement(count) {
  const way = given("layout");
  const purpose = PURPOSES[way];
  return {
    layout: purpose ? "vertical" : way,
    ...purpose?.(),
    columns: number("columns"),
    rows: number("rows"),
    flow: chosen("flow"),
    areas: way === "template" ? areas(count) : undefined,
    column_weights: weights("column_weights"),
    row_weights: weights("row_weights"),
    width: number("width"),
    height: number("height"),
    row_height: number("row_height"),
    fit: given("fit") === "pixels" ? (number("pixels") ?? FIRST_PIXELS) : chosen("fit"),
    scaling: chosen("filling") ?? chosen("scaling"),
    gravity: chosen("gravity"),
    align: chosen("align"),
    scale: number("scale"),
    gap: number("gap"),
    margin: number("margin"),
  };
}

function frame() {
  const backdrop = given("backdrop");
  return {
    border: number("border"),
    border_color: chosen("border_color"),
    radius: number("radius"),
    background: backdrop === "colour" ? chosen("background") : backdrop,
  };
}

function marks() {
  const opacity = number("watermark_opacity");
  const file = watermarkFile();
  return {
    caption_place: chosen("caption_place"),
    caption_size: number("caption_size"),
    caption_color: chosen("caption_color"),
    numbering: ticked("numbering"),
    watermark_text: chosen("watermark_text"),
    watermark: file ? { file } : undefined,
    watermark_opacity: opacity && opacity / 100,
    watermark_gravity: chosen("watermark_gravity"),
  };
}

function resultFile() {
  const most = number("most");
  return {
    format: given("format"),
    quality: number("quality"),
    lossless: ticked("lossless"),
    progressive: ticked("progressive"),
    colors: number("colors"),
    max_bytes: most && Math.round(most * UNITS[given("most_unit")]),
    cut: given("cut") === "pixels" ? number("cut_pixels") : chosen("cut"),
    dpi: number("dpi"),
    metadata: ticked("metadata") && "keep",
    profile: ticked("profile") && "keep",
    on_bad_picture: chosen("on_bad_picture"),
  };
}

function band() {
  if (given("band") === "auto") return "auto";
  return `${number("band_top") ?? 0}%-${number("band_bottom") ?? 100}%`;
}

/**
 * Numbers apart by blanks or commas; what is none goes as it is, for the server to name it.
 *
 * @param {string} name
 */
function weights(name) {
  const pieces = given(name)
    .split(/[\s,，、]+/)
    .filter(Boolean);
  if (pieces.length === 0) return undefined;
  return pieces.map((piece) => (Number.isNaN(Number(piece)) ? piece : Number(piece)));
}

/** Lengths and sides are called by what they are in the layout chosen. */
function nameSides() {
  const way = given("layout");
  const layout = LIKE[way] ?? way;
  byId("pixels-label").textContent = say(`fit.pixels.${layout}`);
  for (const option of /** @type {HTMLSelectElement} */ (byId("align")).options) {
    option.textContent = say(`align.${layout}.${option.value}`);
  }
}
