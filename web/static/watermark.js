/**
 * The picture that is stamped over the others: one of those on the tray, which is not joined then.
 *
 * Owns: which one it is, remembered in this browser, and the list to choose it from.
 * Never: stamps; the server does.
 */

import { onForm, settle } from "./form.js";
import { onLanguage, say } from "./language.js";
import { read, write } from "./memory.js";
import { byId, element } from "./page.js";
import * as tray from "./tray.js";

/** @typedef {import("./api.js").File} File */

const KEPT = "watermark";

/** Its id; it may not have arrived yet. @type {string} */
let chosen = read(KEPT) ?? "";

/** Brings the list to life. */
export function showWatermark() {
  const list = /** @type {HTMLSelectElement} */ (byId("watermark"));
  const draw = () => {
    const files = tray.ready().map(({ id, name }) => ({ id, name }));
    const options = [{ id: "", name: say("watermark.none") }, ...files].map(({ id, name }) => {
      const option = /** @type {HTMLOptionElement} */ (element("option", name));
      option.value = id;
      option.defaultSelected = id === "";
      return option;
    });
    const drawn = JSON.stringify(options.map(({ value, text }) => [value, text]));
    if (list.dataset.drawn !== drawn) {
      list.dataset.drawn = drawn;
      list.replaceChildren(...options);
    }
    const now = watermarkFile() ?? "";
    if (list.value === now) return;
    list.value = now;
    settle(); // it counts as a change of the form
  };
  onForm(() => {
    if (list.value === (watermarkFile() ?? "")) return;
    chosen = list.value;
    write(KEPT, chosen);
    tray.changed();
  });
  tray.onChange(draw);
  onLanguage(draw);
  draw();
}

/** The id of the watermark's file, where it is there. */
export const watermarkFile = () => tray.ready().find(({ id }) => id === chosen)?.id;

/**
 * Those that are joined.
 *
 * @template {{id: string}} T
 * @param {readonly T[]} files
 */
export const joinable = (files) => files.filter(({ id }) => id !== chosen);
