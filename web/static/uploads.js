/**
 * Pictures on their way to the server: a few at a time, in the order chosen.
 *
 * Owns: how many travel at once, and what becomes of one that was refused.
 * Never: draws.
 */

import { upload } from "./api.js";
import { LARGE, uploadLarge } from "./resumable.js";
import { say } from "./language.js";
import { announce } from "./page.js";
import { problemOf, titleOf } from "./problems.js";
import * as shelf from "./shelf.js";
import * as tray from "./tray.js";

/** @typedef {import("./tray.js").Entry} Entry */

/** Connections that uploads may use: a browser has six to one site, and the page needs some. */
const AT_ONCE = 2;

/** What sending the same bytes again cannot mend. */
const LASTING = new Set(["unsupported_media", "unreadable_media", "too_large"]);

/** @type {Entry[]} */
const line = [];
let travelling = 0;

/**
 * Sends files one after the other; each shows on the tray at once.
 *
 * @param {Iterable<globalThis.File>} sources
 */
export function send(sources) {
  for (const source of sources) line.push(tray.addSource(source));
  next();
}

/**
 * Sends again what was refused.
 *
 * @param {Entry} entry
 */
export function again(entry) {
  if (!entry.sending) return;
  entry.sending.problem = null;
  entry.sending.fraction = null;
  line.push(entry);
  tray.changed();
  next();
}

/**
 * Whether sending it again may help.
 *
 * @param {Entry} entry
 */
export const mayRetry = ({ sending }) => !!sending?.problem && !LASTING.has(sending.problem.code);

function next() {
  while (travelling < AT_ONCE) {
    const entry = line.shift();
    if (!entry) return;
    if (tray.onTray().includes(entry)) travel(entry);
  }
}

/** @param {Entry} entry */
async function travel(entry) {
  const sending = /** @type {import("./tray.js").Sending} */ (entry.sending);
  const onProgress = (/** @type {number} */ fraction) => {
    sending.fraction = fraction;
    tray.changed();
  };
  travelling += 1;
  try {
    const way = sending.source.size > LARGE ? uploadLarge : upload;
    const file = await way(sending.source, onProgress, sending.stop.signal);
    shelf.add([file]);
    tray.settle(entry, file);
    announce(say("said.added", { name: file.name }));
  } catch (error) {
    if (sending.stop.signal.aborted) return; // it was taken away
    sending.problem = problemOf(error);
    tray.changed();
    announce(say("said.refused", { name: entry.name, reason: titleOf(sending.problem) }));
  } finally {
    travelling -= 1;
    next();
  }
}
