/**
 * What can be done to one picture of the tray: a strip of tools below its row.
 *
 * Owns: the strip's elements and what its tools do.
 * Never: keeps a wish (wishes.js) or the order (tray.js).
 */

import { crop } from "./cropping.js";
import { say } from "./language.js";
import { announce } from "./page.js";
import { turn, wish, wishOf } from "./wishes.js";

/** @typedef {import("./tray.js").Entry} Entry */

/**
 * Brings the strip of a row to life.
 *
 * @param {Record<string, any>} row
 * @param {Entry} entry
 */
export function showRetouch(row, entry) {
  const id = () => entry.file?.id ?? "";
  row.edit.addEventListener("click", () => {
    row.strip.hidden = !row.strip.hidden;
    row.edit.setAttribute("aria-expanded", String(!row.strip.hidden));
  });
  row.left.addEventListener("click", () => turnBy(entry, -1));
  row.right.addEventListener("click", () => turnBy(entry, 1));
  row.crop.addEventListener("click", () => entry.file && crop(entry.file));
  row.caption.addEventListener("input", () => wish(id(), { caption: row.caption.value }));
  row.cell.addEventListener("input", () => wish(id(), { cell: row.cell.value }));
}

/**
 * Draws what is wished for a picture; one that has not arrived has no tools yet.
 *
 * @param {Record<string, any>} row
 * @param {Entry} entry
 */
export function drawRetouch(row, { file }) {
  row.edit.hidden = !file;
  if (!file) return;
  const { turn: degrees, caption, cell } = wishOf(file.id);
  row.image.style.transform = degrees ? `rotate(${degrees}deg)` : "";
  if (row.caption.value !== caption) row.caption.value = caption;
  if (row.cell.value !== cell) row.cell.value = cell;
}

/**
 * What is done to a picture, in words.
 *
 * @param {import("./api.js").File} file
 */
export function wordsOf({ id }) {
  const { turn: degrees, crop: cut, caption } = wishOf(id);
  return [
    degrees && say("turned", { degrees }),
    cut && say("cropped"),
    caption.trim() && say("captioned", { caption: caption.trim() }),
  ].filter(Boolean);
}

/**
 * @param {Entry} entry
 * @param {1 | -1} quarter
 */
function turnBy({ name, file }, quarter) {
  if (!file) return;
  turn(file.id, quarter);
  announce(say("said.turned", { name, degrees: wishOf(file.id).turn }));
}
