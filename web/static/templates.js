/**
 * Templates: named cells of any sizes. Some are ready to be picked; any can be written.
 *
 * Owns: the ready-made ones, their icons, and which of them is taken when nobody picks one.
 * Never: judges what is written; the server does.
 */

import { fill, given, onForm } from "./form.js";
import { onLanguage, say } from "./language.js";
import { byId, element } from "./page.js";
import * as tray from "./tray.js";
import { joinable } from "./watermark.js";

/** Each with its name in words.js; by the number of cells. @type {Record<string, string[]>} */
const READY = {
  pair: ["a a b"],
  above_two: ["a a", "b c"],
  beside_two: ["a b", "a c"],
  above_three: ["a a a", "a a a", "b c d"],
  beside_three: ["a a a b", "a a a c", "a a a d"],
  bricks: ["a b", "a c", "d c"],
  two_three: ["a a a b b b", "a a a b b b", "c c d d e e", "c c d d e e"],
  windmill: ["a a b", "d e b", "d c c"],
  corner: ["a a b", "a a c", "d e f"],
  seven: ["a a b c", "a a d d", "e f g g"],
  eight: ["a a b c", "a a d e", "f g h h"],
  nine: ["a b c", "d e f", "g h i"],
};

const SVG = "http://www.w3.org/2000/svg";

/** Units of an icon's side, and between its cells. */
const [SIDE, GAP, EDGE] = [32, 1.5, 3];

/** Brings the ready-made ones to the page. */
export function showTemplates() {
  const buttons = new Map(Object.entries(READY).map(([name, rows]) => [name, makeButton(rows)]));
  byId("templates").append(...buttons.values());
  const draw = () => {
    const taken = areas(joinable(tray.ready()).length).join();
    for (const [name, button] of buttons) {
      const n = cellsOf(READY[name]).size;
      button.setAttribute("aria-pressed", String(READY[name].join() === taken));
      button.setAttribute("aria-label", say("template.of", { n, what: say(`template.${name}`) }));
      button.title = say(`template.${name}`);
    }
  };
  tray.onChange(draw);
  onForm(draw);
  onLanguage(draw);
  draw();
}

/**
 * The rows of the template: as written, or a ready-made one for so many pictures.
 *
 * @param {number} count
 */
export function areas(count) {
  const rows = given("areas")
    .split("\n")
    .map((row) => row.trim())
    .filter(Boolean);
  return rows.length ? rows : suited(count);
}

/**
 * The first ready-made one with room for so many; beyond the largest, cells that are all alike.
 *
 * @param {number} count
 */
const suited = (count) =>
  Object.values(READY).find((rows) => cellsOf(rows).size >= count) ?? alike(count);

/** @param {number} count */
function alike(count) {
  const columns = Math.ceil(Math.sqrt(count));
  const name = (/** @type {number} */ place) => (place < count ? `c${place + 1}` : ".");
  return Array.from({ length: Math.ceil(count / columns) }, (_, row) =>
    Array.from({ length: columns }, (_, column) => name(row * columns + column)).join(" "),
  );
}

/** @param {string[]} rows */
function makeButton(rows) {
  const made = /** @type {HTMLButtonElement} */ (element("button", "", "template"));
  made.type = "button";
  const count = element("span", String(cellsOf(rows).size), "count");
  made.append(icon(rows), count);
  made.addEventListener("click", () => fill("areas", rows.join("\n")));
  return made;
}

/**
 * The cells of a template by name, in its rows and columns.
 *
 * @param {string[]} rows
 * @returns {Map<string, {left: number, top: number, right: number, bottom: number}>}
 */
function cellsOf(rows) {
  const cells = new Map();
  rows.forEach((row, top) =>
    row.split(" ").forEach((name, left) => {
      const known = cells.get(name) ?? { left, top };
      cells.set(name, { ...known, right: left + 1, bottom: top + 1 });
    }),
  );
  return cells;
}

/** @param {string[]} rows */
function icon(rows) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
  drawn.setAttribute("aria-hidden", "true");
  const columns = rows[0].split(" ").length;
  const room = SIDE - 2 * EDGE;
  const unit = room / Math.max(columns, rows.length);
  const [x, y] = [SIDE - columns * unit, SIDE - rows.length * unit].map((spare) => spare / 2);
  for (const { left, top, right, bottom } of cellsOf(rows).values()) {
    const cell = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({
      x: x + left * unit + GAP / 2,
      y: y + top * unit + GAP / 2,
      width: (right - left) * unit - GAP,
      height: (bottom - top) * unit - GAP,
    })) {
      cell.setAttribute(name, value.toFixed(2));
    }
    drawn.append(cell);
  }
  return drawn;
}
