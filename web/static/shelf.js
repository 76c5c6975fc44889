/**
 * The files of the session, as far as the page knows.
 *
 * Owns: which files there are.
 * Never: their order or their looks.
 */

import { deleteFile, listFiles, Refused } from "./api.js";

/** @typedef {import("./api.js").File} File */

/** @type {Map<string, File>} */
const files = new Map();

/** @type {Set<() => void>} */
const listeners = new Set();

let listed = false;

/**
 * Whether a file is there, as far as is known: before the first listing every file is.
 *
 * @param {string} id
 */
export const has = (id) => !listed || files.has(id);

/** All files, oldest first. */
export const all = () => [...files.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

/**
 * Calls back after each change.
 *
 * @param {() => void} listener
 */
export function onShelf(listener) {
  listeners.add(listener);
}

/**
 * Takes in files that came into being.
 *
 * @param {File[]} more
 */
export function add(more) {
  for (const file of more) files.set(file.id, file);
  tell();
}

/** Asks the server what there is; files that came meanwhile stay. */
export async function refresh() {
  const before = new Set(files.keys());
  const found = await listFiles();
  for (const file of found) {
    before.delete(file.id);
    files.set(file.id, file);
  }
  for (const id of before) files.delete(id);
  listed = true;
  tell();
}

/**
 * Has the server remove a file. One that is gone already is as good as removed.
 *
 * @param {string} id
 */
export async function remove(id) {
  try {
    await deleteFile(id);
  } catch (error) {
    if (!(error instanceof Refused && error.problem.code === "not_found")) throw error;
  }
  files.delete(id);
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}
