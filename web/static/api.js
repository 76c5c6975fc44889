/**
 * The server, as functions: one call each, nothing remembered.
 *
 * Owns: addresses, the form of requests, and the one error there is (`Refused`).
 * Never: shows anything, or decides what to do about an error.
 *
 * @typedef {object} Problem  RFC 9457, with the server's own members
 * @property {string} code
 * @property {string} title
 * @property {string} detail
 * @property {string} [field]
 * @property {string} [limit]
 * @property {number} [retry_after]
 * @property {string} [incident]
 * @property {{field: string, detail: string}[]} [mistakes]
 * @property {Fits} [fits]
 * @property {Outcome[]} [outcomes]
 * @property {Bad[]} [pictures]
 *
 * @typedef {object} Fits  what would be possible; null where nothing of the kind is
 * @property {number | null} scale
 * @property {number | null} width
 * @property {number | null} height
 * @property {Record<string, number>} wishes  the greatest values of the fields that are to blame
 * @property {string[]} formats
 * @property {number | null} parts
 *
 * @typedef {{field: string, code: string, detail: string}} Bad  a picture that cannot be used
 * @typedef {{url: string, file: string | null, error: Problem | null}} Outcome
 *
 * @typedef {object} File
 * @property {string} id
 * @property {string} name
 * @property {string} media_type
 * @property {number} size
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} taken  by a camera's clock; digits that sort
 * @property {string} created_at
 * @property {string} expires_at
 * @property {string | null} job
 * @property {{content: string, thumbnail: string | null}} links
 *
 * @typedef {{p50: number, p90: number}} Eta
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {string} capability
 * @property {string} state
 * @property {number} attempt
 * @property {Record<string, any>} request
 * @property {string} created_at
 * @property {number | null} position
 * @property {{limit: string, used: number, max: number}[]} waiting_for
 * @property {Eta | null} eta
 * @property {{fraction: number, step: string, done: number, total: number, message: string} | null} progress
 * @property {{files: File[], data: Record<string, any>} | null} result
 * @property {Problem | null} error
 * @property {{processes_ended: number, seconds: number, files_removed: number} | null} receipt
 *
 * @typedef {{forecast: Record<string, any>, position: number, wait: Eta | null}} Preflight
 */

/**
 * @template T
 * @typedef {{items: T[], next: string | null}} Page
 */

export const API = "/api/v1";
const PAGE = 200;

/** The event of the window when the server no longer knows the session. */
export const SESSION_LOST = "stitchery-session-lost";

/** The server refused, or could not be reached; `problem` says why. */
export class Refused extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Whether this browser has a session. @returns {Promise<boolean>} */
export async function hasSession() {
  try {
    await call("GET", "/session");
    return true;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "no_session") return false;
    throw error;
  }
}

/** Begins a session; the browser keeps its cookie. @returns {Promise<void>} */
export const beginSession = () => call("POST", "/sessions");

/** @returns {Promise<void>} */
export const endSession = () => call("DELETE", "/session");

/**
 * What can be done here, and with which files.
 *
 * @returns {Promise<{items: {name: string, request: any}[], media_types: string[]}>}
 */
export const findOffer = () => call("GET", "/capabilities");

/** @returns {Promise<File[]>} all files of the session, newest first */
export const listFiles = () => listAll("/files");

/** @returns {Promise<Job[]>} all ended jobs that brought pictures from addresses */
export const listFetches = () => listAll("/jobs", "capability=fetch&state=succeeded&");

/**
 * @param {string} id
 * @returns {Promise<File>}
 */
export const findFile = (id) => call("GET", `/files/${id}`);

/**
 * @param {string} id
 * @returns {Promise<void>}
 */
export const deleteFile = (id) => call("DELETE", `/files/${id}`);

/**
 * A page of jobs, newest first.
 *
 * @param {number} limit
 * @param {string} [cursor] `next` of the page before
 * @returns {Promise<Page<Job>>}
 */
export const listJobs = (limit, cursor) =>
  call("GET", `/jobs?limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);

/**
 * @param {string} id
 * @returns {Promise<Job>}
 */
export const findJob = (id) => call("GET", `/jobs/${id}`);

/**
 * Ends a job; answers when nothing of it is left.
 *
 * @param {string} id
 * @returns {Promise<Job>}
 */
export const cancelJob = (id) => call("DELETE", `/jobs/${id}`);

/**
 * Submits a job. It is sent again when the connection breaks: the key makes both sendings one job.
 *
 * @param {string} capability
 * @param {object} request
 * @returns {Promise<Job>}
 */
export async function submitJob(capability, request) {
  const send = () =>
    call("POST", `/jobs/${capability}`, request, { headers: { "Idempotency-Key": key } });
  const key = newKey();
  try {
    return await send();
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "offline") return send();
    throw error;
  }
}

/**
 * What a job would make and how long it would wait; nothing is queued.
 *
 * @param {string} capability
 * @param {object} request
 * @param {AbortSignal} signal
 * @returns {Promise<Preflight>}
 */
export const preflight = (capability, request, signal) =>
  call("POST", `/jobs/${capability}/preflight`, request, { signal });

/**
 * Sends one file.
 *
 * `fetch` cannot tell how much has been sent; XMLHttpRequest can.
 *
 * @param {globalThis.File} file
 * @param {(fraction: number) => void} onProgress
 * @param {AbortSignal} signal ends the sending
 * @returns {Promise<File>}
 */
export function upload(file, onProgress, signal) {
  const form = new FormData();
  form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const body = parse(request.responseText);
      if (request.status === 201) resolve(body.items[0]);
      else reject(refused(request.status, body));
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", `${API}/files`);
    request.send(form);
  });
}

/**
 * Where a picture's bytes are to be had as an attachment.
 *
 * @param {File} file
 */
export const downloadAddress = (file) => `${file.links.content}?download=1`;

/**
 * Where every event of the session is told.
 *
 * @param {number | null} since the number of the last event that is known
 */
export function progressAddress(since) {
  const address = new URL(`${API}/progress`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  if (since !== null) address.searchParams.set("since", String(since));
  return address.href;
}

/**
 * @param {string} path
 * @param {string} [query] ending with "&"
 */
async function listAll(path, query = "") {
  const items = [];
  let cursor = "";
  do {
    const page = await call("GET", `${path}?${query}limit=${PAGE}${cursor}`);
    items.push(...page.items);
    cursor = page.next && `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor);
  return items;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [json]
 * @param {{headers?: Record<string, string>, signal?: AbortSignal}} [more]
 * @returns {Promise<any>}
 */
async function call(method, path, json, { headers = {}, signal } = {}) {
  const body = json && JSON.stringify(json);
  if (body) headers = { ...headers, "Content-Type": "application/json" };
  let answer, text;
  try {
    answer = await fetch(API + path, { method, headers, body, signal });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
  if (!answer.ok) throw refused(answer.status, parse(text));
  return parse(text);
}

/** @param {string} text */
export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // empty, or the words of a proxy between us
  }
}

/**
 * @param {number} status
 * @param {any} body
 */
export function refused(status, body) {
  const known = typeof body?.code === "string";
  if (body?.code === "no_session") dispatchEvent(new Event(SESSION_LOST));
  return new Refused(known ? body : { code: "unknown", title: "", detail: `HTTP ${status}` });
}

export function unreachable() {
  return new Refused({ code: "offline", title: "", detail: "" });
}

/** Unguessable and new; `crypto.randomUUID` is there on secure pages only. */
function newKey() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(36)).join("-");
}
