/**
 * What this server offers, which one server does and another does not: kinds of pictures that it
 * reads, and from how many on it joins.
 *
 * Owns: the answer, asked for once.
 * Never: judges a picture; the server does when it comes.
 */

import { findOffer } from "./api.js";
import { onLanguage, say } from "./language.js";
import { nameOf } from "./looks.js";
import { byId, put } from "./page.js";
import { problemOf } from "./problems.js";

/** Kinds that systems do not know by their media type yet, but by the names of files. */
const ENDINGS = /** @type {Record<string, string>} */ ({ "image/heic": ",image/heif,.heic,.heif" });

/** Pictures that a join has at the least. */
let fewest = 2;

/** Asks the server, and fits the chooser to the answer. */
export async function showOffer() {
  const chooser = byId("chooser");
  /** @type {string[]} */
  let kinds = [];
  try {
    const { media_types: types, items } = await findOffer();
    const stitch = items.find(({ name }) => name === "stitch");
    fewest = stitch?.request.properties.inputs.minItems ?? fewest;
    kinds = types;
  } catch (error) {
    problemOf(error); // the page works without: what cannot be read is refused when it comes
    return;
  }
  chooser.setAttribute("accept", kinds.map((kind) => kind + (ENDINGS[kind] ?? "")).join());
  const name = () => put(byId("add-kinds"), kinds.map(nameOf).join(say("and")));
  onLanguage(name);
  name();
}

/** How many pictures a join has at the least. */
export const least = () => fewest;
