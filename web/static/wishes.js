/**
 * What is to be done to each picture before it is joined: turned, cropped, given a caption.
 *
 * Owns: these wishes by file, remembered in this browser for as long as the file is there.
 * Never: draws, or changes a picture; the server does when it joins.
 *
 * @typedef {object} Wish
 * @property {number} turn  degrees clockwise: 0, 90, 180, 270
 * @property {Crop | null} crop  after the turn
 * @property {string} caption
 * @property {string} cell  of a template; empty: the next free one
 *
 * @typedef {{unit: "percent" | "pixels"} & Sides} Crop
 * @typedef {{left: number, top: number, right: number, bottom: number}} Sides
 */

import { read, write } from "./memory.js";
import * as shelf from "./shelf.js";

const KEPT = "wishes";

/** Clockwise: what a side's length belongs to after a quarter turn to the right. */
const SIDES = /** @type {const} */ (["left", "top", "right", "bottom"]);

/** @type {Map<string, Wish>} */
const wishes = new Map(Object.entries(read(KEPT) ?? {}));

/** @type {Set<() => void>} */
const listeners = new Set();

/** @type {Wish} */
const NONE = { turn: 0, crop: null, caption: "", cell: "" };

/**
 * What is wished for a file.
 *
 * @param {string} id
 * @returns {Wish}
 */
export const wishOf = (id) => ({ ...NONE, ...wishes.get(id) });

/**
 * Calls back after each change.
 *
 * @param {() => void} listener
 */
export function onWish(listener) {
  listeners.add(listener);
}

/**
 * Changes what is wished for a file.
 *
 * @param {string} id
 * @param {Partial<Wish>} change
 */
export function wish(id, change) {
  wishes.set(id, { ...wishOf(id), ...change });
  for (const known of wishes.keys()) if (!shelf.has(known)) wishes.delete(known);
  write(KEPT, Object.fromEntries(wishes));
  for (const listener of listeners) listener();
}

/**
 * Turns a file by a quarter; what was cropped stays cropped.
 *
 * @param {string} id
 * @param {1 | -1} quarter 1 to the right
 */
export function turn(id, quarter) {
  const { turn: before, crop } = wishOf(id);
  wish(id, { turn: (before + 90 * quarter + 360) % 360, crop: crop && turned(crop, quarter) });
}

/**
 * A file as an input of a request.
 *
 * @param {import("./api.js").File} file
 * @param {string} layout screenshots of one page bear no captions, and only templates have cells
 */
export function asInput({ id }, layout) {
  const { turn: degrees, crop, caption, cell } = wishOf(id);
  return {
    file: id,
    turn: degrees || undefined,
    crop: crop ? measures(crop) : undefined,
    caption: layout === "scroll" ? undefined : caption.trim() || undefined,
    cell: layout === "template" ? cell.trim() || undefined : undefined,
  };
}

/**
 * A picture's width and height after its turn.
 *
 * @param {import("./api.js").File} file
 * @returns {[number, number]}
 */
export function turnedSize({ id, width, height }) {
  const lying = wishOf(id).turn % 180 !== 0;
  const size = /** @type {[number, number]} */ ([width ?? 1, height ?? 1]);
  return lying ? [size[1], size[0]] : size;
}

/**
 * @param {Crop} crop
 * @param {number} quarter
 * @returns {Crop}
 */
function turned(crop, quarter) {
  const after = { ...crop };
  SIDES.forEach((side, place) => (after[SIDES[(place + quarter + 4) % 4]] = crop[side]));
  return after;
}

/** @param {Crop} crop */
function measures({ unit, ...sides }) {
  const write = (/** @type {number} */ value) => (unit === "percent" ? `${value}%` : value);
  return Object.fromEntries(SIDES.map((side) => [side, write(sides[side])]));
}
