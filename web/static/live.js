/**
 * The progress socket, kept open for as long as the page is.
 *
 * Owns: the number of the last event, the waits between tries, and that a broken connection
 * resumes after the last event instead of asking anew.
 * Never: knows what an event means.
 */

import { hasSession, progressAddress } from "./api.js";

const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 15_000;

/**
 * Follows the session's events until the session ends.
 *
 * @param {object} listener
 * @param {(message: any) => void} listener.onMessage each event, in order
 * @param {(connected: boolean) => void} listener.onState
 * @param {() => void} listener.onGone nothing more will come
 */
export async function follow({ onMessage, onState, onGone }) {
  /** @type {number | null} */
  let since = null;
  let wait = FIRST_WAIT;
  const take = (/** @type {any} */ message) => {
    since = message.seq;
    wait = FIRST_WAIT;
    onMessage(message);
  };
  for (;;) {
    await connect(since, () => onState(true), take);
    onState(false);
    if (await sessionHasEnded()) return onGone();
    await pause(wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }
}

/**
 * One connection, from its begin to its end, whatever ends it.
 *
 * @param {number | null} since
 * @param {() => void} onOpen
 * @param {(message: any) => void} onMessage
 * @returns {Promise<void>}
 */
function connect(since, onOpen, onMessage) {
  const socket = new WebSocket(progressAddress(since));
  socket.addEventListener("open", onOpen);
  socket.addEventListener("message", (event) => onMessage(JSON.parse(event.data)));
  return new Promise((resolve) => socket.addEventListener("close", () => resolve()));
}

/** A refused handshake does not tell a script why, so the session is asked for over HTTP. */
async function sessionHasEnded() {
  try {
    return !(await hasSession());
  } catch {
    return false; // nothing is known of it while the server cannot be reached
  }
}

/**
 * Waits, with some chance in it, so that the pages of a restarted server do not come all at once.
 * Being online again ends the wait.
 *
 * @param {number} wait milliseconds
 * @returns {Promise<void>}
 */
function pause(wait) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, wait * (0.5 + Math.random()));
    addEventListener("online", done);
  });
}
