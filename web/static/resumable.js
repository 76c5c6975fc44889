/**
 * Large files on their way to the server, in stretches: what has come stays when a connection breaks.
 *
 * Owns: the words of tus 1.0.0 (tus.io/protocols/resumable-upload), and how often a break is forgiven.
 * Never: shows anything; who calls is told how much has been sent.
 */

import { API, findFile, parse, refused, unreachable } from "./api.js";

/** @typedef {import("./api.js").File} File */

/** Bytes above which sending a file again costs more than asking how much of it has come. */
export const LARGE = 16 * 1024 * 1024;

/** Bytes of a stretch: proxies in front may hold one back whole. */
const STRETCH = 8 * 1024 * 1024;

/** Seconds to wait after each break in a row, until more has come. */
const PAUSES = [0.5, 1, 2, 4, 8, 15, 30, 30];

const TUS = { "Tus-Resumable": "1.0.0" };

/**
 * Sends one file.
 *
 * @param {globalThis.File} file
 * @param {(fraction: number) => void} onProgress
 * @param {AbortSignal} signal ends the sending, and takes back what has been sent
 * @returns {Promise<File>}
 */
export async function uploadLarge(file, onProgress, signal) {
  const tell = (/** @type {number} */ sent) => onProgress(sent / file.size);
  const place = await begin(file, signal);
  try {
    return findFile(await sendAll(place, file, tell, signal));
  } catch (error) {
    if (signal.aborted) fetch(place, { method: "DELETE", headers: TUS }).catch(() => {});
    throw error;
  }
}

/**
 * @param {globalThis.File} file
 * @param {AbortSignal} signal
 * @returns {Promise<string>} where the upload is
 */
async function begin(file, signal) {
  const headers = {
    ...TUS,
    "Upload-Length": String(file.size),
    "Upload-Metadata": `filename ${base64(file.name)}`,
  };
  const answer = await ask("POST", `${API}/uploads/`, headers, null, () => {}, signal);
  return /** @type {string} */ (answer.getResponseHeader("Location"));
}

/**
 * @param {string} place
 * @param {globalThis.File} file
 * @param {(sent: number) => void} tell
 * @param {AbortSignal} signal
 * @returns {Promise<string>} id of the file that it became
 */
async function sendAll(place, file, tell, signal) {
  let offset = 0;
  let breaks = 0;
  let lost = false;
  for (;;) {
    try {
      const answer = lost ? await look(place, signal) : await send(place, file, offset, tell, signal);
      const made = answer.getResponseHeader("Stitchery-File");
      if (made) return made;
      const come = Number(answer.getResponseHeader("Upload-Offset"));
      if (come > offset) breaks = 0;
      offset = come;
      lost = false;
    } catch (error) {
      if (signal.aborted || !passes(error) || breaks >= PAUSES.length) throw error;
      await pause(PAUSES[breaks], signal);
      breaks += 1;
      lost = true;
    }
  }
}

/**
 * Whether asking how much has come, and going on from there, may help.
 *
 * @param {any} error
 */
function passes({ problem }) {
  return ["offline", "wrong_offset", "body_stalled", "not_ready", "unknown"].includes(problem?.code);
}

/**
 * @param {string} place
 * @param {AbortSignal} signal
 */
function look(place, signal) {
  return ask("HEAD", place, TUS, null, () => {}, signal);
}

/**
 * @param {string} place
 * @param {globalThis.File} file
 * @param {number} offset
 * @param {(sent: number) => void} tell
 * @param {AbortSignal} signal
 */
function send(place, file, offset, tell, signal) {
  const headers = {
    ...TUS,
    "Content-Type": "application/offset+octet-stream",
    "Upload-Offset": String(offset),
  };
  const stretch = file.slice(offset, offset + STRETCH);
  const onSent = (/** @type {number} */ sent) => tell(offset + sent);
  return ask("PATCH", place, headers, stretch, onSent, signal);
}

/**
 * One call; `fetch` cannot tell how much has been sent.
 *
 * @param {string} method
 * @param {string} address
 * @param {Record<string, string>} headers
 * @param {Blob | null} body
 * @param {(sent: number) => void} onSent
 * @param {AbortSignal} signal
 * @returns {Promise<XMLHttpRequest>} answered, and not refused
 */
function ask(method, address, headers, body, onSent, signal) {
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  /** @type {Promise<XMLHttpRequest>} */
  const answered = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onSent(event.loaded));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request);
      else reject(refused(request.status, parse(request.responseText) ?? wordless(request.status)));
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", abort);
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
  return answered.finally(() => signal.removeEventListener("abort", abort));
}

/**
 * What an answer to HEAD says, which has no body.
 *
 * @param {number} status
 */
function wordless(status) {
  return status === 404 ? { code: "not_found", title: "", detail: "" } : null;
}

/**
 * @param {number} seconds
 * @param {AbortSignal} signal ends it at once
 * @returns {Promise<void>}
 */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** @param {string} text */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
