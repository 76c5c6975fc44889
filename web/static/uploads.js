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

/** Names of those that came since the line was last empty. @type {string[]} */
let come = [];

/**
 * Sends files one after the other; each shows on the tray at once.
 *
 * @param {Iterable<globalThis.File>} sources
 */
export function send(sources) {
  line.push(...tray.addSources(sources));
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
 * Sends again what the network lost, now that it is back.
 */
export function resume() {
  for (const entry of tray.onTray()) {
    if (entry.sending?.problem?.code === "offline") again(entry);
  }
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
  const onProgress = (/** @type {number} */ fraction) => tray.progress(entry, fraction);
  travelling += 1;
  onProgress(0);
  try {
    const way = sending.source.size > LARGE ? uploadLarge : upload;
    const file = await way(sending.source, onProgress, sending.stop.signal);
    shelf.add([file]);
    tray.settle(entry, file);
    come.push(file.name);
  } catch (error) {
    if (sending.stop.signal.aborted) return; // it was taken away
    sending.problem = problemOf(error);
    tray.changed();
    announce(say("said.refused", { name: entry.name, reason: titleOf(sending.problem) }));
  } finally {
    travelling -= 1;
    next();
    if (travelling === 0) tellCome();
  }
}

/** Says once what has come: a screen reader that reads out two hundred names says nothing. */
function tellCome() {
  if (come.length === 0) return;
  const [name] = come;
  announce(
    come.length > 1 ? say("said.all_added", { n: come.length }) : say("said.added", { name }),
  );
  come = [];
}
