/**
 * The page's beginning: a session, then everything that lives on it.
 *
 * Owns: the order in which the parts come to life, the joining itself, and the session's end.
 * Never: what a part does; each has its own module.
 */

import * as api from "./api.js";
import { showCropping } from "./cropping.js";
import { showFetching } from "./fetching.js";
import { forecast, showForecast } from "./forecast.js";
import * as jobs from "./jobs.js";
import { choose, language, onLanguage, say, translatePage } from "./language.js";
import { readRequest, showLayout } from "./layout.js";
import { follow } from "./live.js";
import { leaveNote, takeNote } from "./memory.js";
import { least, showOffer } from "./offer.js";
import { announce, byId, isBusy, once, put } from "./page.js";
import { showPictures } from "./pictures.js";
import {
  drawProblem,
  fade,
  forgive,
  problemOf,
  showNotice,
  showProblem,
  showTrouble,
  titleOf,
} from "./problems.js";
import { leadTo, showOlder, showResults } from "./results.js";
import * as shelf from "./shelf.js";
import { showTemplates } from "./templates.js";
import * as tray from "./tray.js";
import { resume } from "./uploads.js";
import { joinable, showWatermark } from "./watermark.js";
import { onWish } from "./wishes.js";

/** Whether the page is about to begin anew. */
let leaving = false;

/** Finds the session of this browser, or begins one. */
async function enter() {
  if (await api.hasSession()) return;
  try {
    await api.beginSession();
  } catch (error) {
    throw problemOf(error).code === "forbidden" ? closed("invited_only") : error;
  }
  if (await api.hasSession()) return;
  throw closed("no_cookies");
}

/** @param {string} code why nobody gets in */
const closed = (code) => new api.Refused({ code, title: "", detail: "" });

/** The session ended elsewhere: the page begins anew, and says so. */
function renew() {
  if (!leaving) beginAnew("renewed");
}

/** @param {string} word what is said of it afterwards */
function beginAnew(word) {
  leaving = true;
  leaveNote(word);
  location.reload();
}

async function start() {
  translatePage();
  showLanguages();
  byId("trouble-close").addEventListener("click", () => {
    byId("pictures-panel").focus({ preventScroll: true }); // the button is about to vanish
    showTrouble(null);
  });
  try {
    await Promise.all([enter(), showOffer()]);
  } catch (error) {
    showClosed(problemOf(error));
    return;
  }
  const note = takeNote();
  if (note) showNotice(note);
  addEventListener(api.SESSION_LOST, renew);
  showPictures();
  showFetching();
  showCropping();
  showLayout(() => forecast());
  showTemplates();
  showWatermark();
  onWish(() => forecast());
  showForecast();
  showResults();
  showJoining();
  showEnding();
  keepUp();
}

/**
 * Without a session nothing of the page would work: it says why, and shows no form.
 *
 * @param {api.Problem} problem
 */
function showClosed(problem) {
  for (const part of ["bench", "end", "trouble-close"]) byId(part).hidden = true;
  showTrouble(problem);
}

/** Follows what happens on the server. */
function keepUp() {
  jobs.onJob((job, before) => {
    if (before && !jobs.hasEnded(before) && job.state === "succeeded") takeFiles(job);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh(); // another page of this session may have changed it
  });
  follow({
    onMessage: (message) => {
      jobs.hear(message);
      if (message.type === "snapshot") refresh();
    },
    onState: showConnection,
    onGone: renew,
  });
  showOlder();
}

/** Brings files and their order up to date. */
async function refresh() {
  try {
    const [, fetches] = await Promise.all([shelf.refresh(), api.listFetches()]);
    tray.arrange(shelf.all(), new Set(fetches.map(({ id }) => id)));
  } catch (error) {
    showTrouble(problemOf(error));
  }
}

/**
 * What a job made comes to the other files; what it fetched is there to be joined.
 *
 * @param {api.Job} job
 */
function takeFiles({ capability, result }) {
  const files = result?.files ?? [];
  shelf.add(files);
  if (capability === "fetch") for (const file of files) tray.addFile(file, false);
}

/** Says whether what the page shows is what is; what a break has stopped goes on. @param {boolean} connected */
function showConnection(connected) {
  const sign = byId("live");
  const before = sign.dataset.word;
  const now = connected ? "live.on" : "live.off";
  if (now === before) return;
  sign.dataset.on = String(connected);
  sign.dataset.word = now;
  put(sign, say(now));
  if (!before) return; // it has only begun
  announce(say(now));
  if (!connected) return;
  forgive("offline");
  resume();
  forecast(true);
}

function showLanguages() {
  const buttons = [...document.querySelectorAll("[data-language]")];
  const mark = () => {
    for (const each of buttons) {
      const own = /** @type {HTMLElement} */ (each).dataset.language;
      each.setAttribute("aria-pressed", String(own === language()));
    }
  };
  for (const each of buttons) {
    const own = /** @type {HTMLElement} */ (each).dataset.language ?? "";
    each.addEventListener("click", () => choose(own));
  }
  onLanguage(mark);
  mark();
}

/** How many pictures there are to join: the watermark is none of them. */
const joined = () =>
  tray.hopeful().filter(({ file }) => file === null || joinable([file]).length > 0).length;

/** The button that joins, and what comes of pressing it. */
function showJoining() {
  const join = /** @type {HTMLButtonElement} */ (byId("join"));
  const draw = () => {
    const n = joined();
    join.disabled = n < least() || tray.waiting();
    const word = n < least() ? "join.none" : "join";
    put(join, say(isBusy(join) ? "join.sending" : word, { n }));
  };
  byId("layout-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = once(join, submit);
    draw();
    await sent;
    draw();
  });
  tray.onChange(draw);
  onLanguage(draw);
  draw();
}

async function submit() {
  const place = byId("join-problem");
  try {
    const job = await api.submitJob("stitch", readRequest(tray.ready()));
    showProblem(place, null);
    jobs.learn(job);
    if (document.activeElement === byId("join")) leadTo(job);
    announce(say("said.accepted"));
  } catch (error) {
    const problem = problemOf(error);
    const box = drawProblem(problem);
    place.replaceChildren(box);
    fade(box, problem);
    announce(titleOf(problem));
  }
}

/** Deleting everything: asked once more, then done. */
function showEnding() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("end-dialog"));
  byId("end").addEventListener("click", () => dialog.showModal());
  byId("end-no").addEventListener("click", () => dialog.close());
  byId("end-yes").addEventListener("click", async () => {
    dialog.close();
    leaving = true; // the socket tells of the end, too
    try {
      await api.endSession();
      beginAnew("said.ended");
    } catch (error) {
      leaving = false;
      showTrouble(problemOf(error));
    }
  });
}

start();
