/**
 * What this browser remembers of the page: plain values under plain names.
 *
 * Owns: the prefix of the names, and that a browser which keeps nothing (private windows, blocked
 * storage) is no error: then nothing is remembered.
 * Never: holds a secret; the session's token lies in a cookie that scripts cannot read.
 */

const PREFIX = "stitchery.";
const NOTE = "note";

/**
 * The value last written under `name` by any tab, or null.
 *
 * @param {string} name
 * @returns {any}
 */
export const read = (name) => get(() => localStorage, name);

/**
 * Remembers a value that JSON can hold.
 *
 * @param {string} name
 * @param {unknown} value
 */
export const write = (name, value) => set(() => localStorage, name, value);

/**
 * Leaves a note for the page that this tab loads next.
 *
 * @param {string} note
 */
export const leaveNote = (note) => set(() => sessionStorage, NOTE, note);

/**
 * The note that was left, once.
 *
 * @returns {string | null}
 */
export function takeNote() {
  const note = get(() => sessionStorage, NOTE);
  set(() => sessionStorage, NOTE, null);
  return note;
}

/**
 * @param {() => Storage} storage naming it already fails where it is blocked
 * @param {string} name
 */
function get(storage, name) {
  try {
    return JSON.parse(storage().getItem(PREFIX + name) ?? "null");
  } catch {
    return null; // no storage, or not written by us
  }
}

/**
 * @param {() => Storage} storage
 * @param {string} name
 * @param {unknown} value
 */
function set(storage, name, value) {
  try {
    storage().setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // no storage, or it is full: the page works without
  }
}
