/**
 * The pictures that are to be joined, in their order; those still on their way included.
 *
 * Owns: the order, which it remembers in this browser.
 * Never: draws, or talks to the server.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {number} size  bytes
 * @property {import("./api.js").File | null} file  once the server has it
 * @property {boolean} borrowed  it belongs to a result, and stays there when it leaves the tray
 * @property {string | null} preview  address of the picture in this browser
 * @property {Sending | null} sending  while it is on its way
 *
 * @typedef {object} Sending
 * @property {globalThis.File} source
 * @property {number | null} fraction  null: not begun
 * @property {import("./api.js").Problem | null} problem
 * @property {AbortController} stop
 */

import { read, write } from "./memory.js";

/** @typedef {import("./api.js").File} File */

const KEPT = "order";

const NAMES = new Intl.Collator("und", { numeric: true, sensitivity: "base" });

/** Behind every time: those that do not tell theirs come last. */
const LAST = "~";

/** Orders in which the server knows to join, too; an entry that is on its way has no time yet. */
const ORDERS = {
  /** As people sort: 2 before 10, without regard to case. @type {(a: Entry, b: Entry) => number} */
  name: (a, b) => NAMES.compare(a.name, b.name),
  /** @type {(a: Entry, b: Entry) => number} */
  time: (a, b) => Number(timeOf(a) > timeOf(b)) - Number(timeOf(a) < timeOf(b)),
};

/** @param {Entry} entry */
const timeOf = ({ file }) => file?.taken ?? LAST;

/** @type {Entry[]} */
let entries = [];

/** @type {Set<() => void>} */
const listeners = new Set();

/** @type {Set<(entry: Entry) => void>} */
const followers = new Set();

/** What lies on the tray, in order; not to be changed. */
export const onTray = () => /** @type {readonly Entry[]} */ (entries);

/** The files on the tray, in order. */
export const ready = () => entries.flatMap(({ file }) => file ?? []);

/** What is there or may still arrive: all but what was refused. */
export const hopeful = () => entries.filter(({ sending }) => !sending?.problem);

/** Whether something is on its way that may still arrive. */
export const waiting = () => hopeful().some(({ file }) => file === null);

/**
 * Calls back after each change.
 *
 * @param {() => void} listener
 */
export function onChange(listener) {
  listeners.add(listener);
}

/** Tells everyone that something has changed, and remembers the order. */
export function changed() {
  write(
    KEPT,
    ready().map(({ id }) => id),
  );
  for (const listener of listeners) listener();
}

/**
 * Calls back when more of one entry has been sent, which changes nothing else.
 *
 * @param {(entry: Entry) => void} follower
 */
export function onProgress(follower) {
  followers.add(follower);
}

/**
 * So much of an entry has been sent.
 *
 * @param {Entry} entry
 * @param {number | null} fraction
 */
export function progress(entry, fraction) {
  if (!entry.sending) return;
  entry.sending.fraction = fraction;
  for (const follower of followers) follower(entry);
}

/**
 * Puts files that are still to be sent at the end.
 *
 * @param {Iterable<globalThis.File>} sources
 * @returns {Entry[]}
 */
export function addSources(sources) {
  const more = Array.from(sources, (source) => ({
    name: source.name,
    size: source.size,
    file: null,
    borrowed: false,
    preview: URL.createObjectURL(source),
    sending: { source, fraction: null, problem: null, stop: new AbortController() },
  }));
  entries.push(...more);
  changed();
  return more;
}

/**
 * An entry has arrived. A listing of files may have brought it here first; it stays once.
 *
 * @param {Entry} entry
 * @param {File} file
 */
export function settle(entry, file) {
  entries = entries.filter((other) => other === entry || other.file?.id !== file.id);
  Object.assign(entry, { file, name: file.name, size: file.size, sending: null });
  changed();
}

/**
 * Puts a file of the session at the end, unless it is there.
 *
 * @param {File} file
 * @param {boolean} borrowed
 */
export function addFile(file, borrowed) {
  if (entries.some((entry) => entry.file?.id === file.id)) return;
  entries.push(entryOf(file, borrowed));
  changed();
}

/**
 * Takes an entry away.
 *
 * @param {Entry} entry
 */
export function take(entry) {
  entries = entries.filter((other) => other !== entry);
  entry.sending?.stop.abort(new DOMException("taken away", "AbortError"));
  if (entry.preview) URL.revokeObjectURL(entry.preview);
  changed();
}

/**
 * Moves an entry to a place; a place beyond the ends is the nearest end.
 *
 * @param {Entry} entry
 * @param {number} place from 0
 */
export function move(entry, place) {
  entries = moved(entries, entries.indexOf(entry), place);
  changed();
}

/**
 * Puts the entries in order.
 *
 * @param {keyof typeof ORDERS} order
 */
export function sort(order) {
  const sorted = [...entries].sort(ORDERS[order]);
  if (sorted.every((entry, place) => entry === entries[place])) return;
  entries = sorted;
  changed();
}

/**
 * Brings the tray in line with the session's files: what is gone goes, what is new comes.
 *
 * @param {File[]} files of the session, oldest first
 * @param {Set<string>} fetched jobs that brought pictures from addresses
 */
export function arrange(files, fetched) {
  const known = new Map(files.map((file) => [file.id, file]));
  const own = (/** @type {File} */ { job }) => job === null || fetched.has(job);
  entries = entries.filter(({ file }) => file === null || known.has(file.id));
  const here = new Set(ready().map(({ id }) => id));
  for (const id of wanted(read(KEPT) ?? [], files.filter(own))) {
    const file = known.get(id);
    if (file && !here.has(id)) entries.push(entryOf(file, !own(file)));
  }
  changed();
}

/**
 * The list with one item at another place.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} from
 * @param {number} to
 * @returns {T[]}
 */
export function moved(list, from, to) {
  const rest = list.filter((_, place) => place !== from);
  rest.splice(Math.max(0, Math.min(to, rest.length)), 0, list[from]);
  return rest;
}

/**
 * Ids in the order remembered, then those that are new.
 *
 * @param {string[]} kept
 * @param {File[]} files
 */
function wanted(kept, files) {
  return new Set([...kept, ...files.map(({ id }) => id)]);
}

/**
 * @param {File} file
 * @param {boolean} borrowed
 * @returns {Entry}
 */
function entryOf(file, borrowed) {
  return { name: file.name, size: file.size, file, borrowed, preview: null, sending: null };
}
