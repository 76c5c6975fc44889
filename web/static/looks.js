/**
 * Where a browser finds a file to look at.
 *
 * Owns: which kinds a browser shows, and how much it may be made to decode.
 * Never: draws.
 *
 * @typedef {import("./api.js").File} File
 */

/** Kinds of pictures that no browser but one shows. */
const UNSHOWN = new Set(["image/tiff", "image/heic", "image/heif"]);

/**
 * Whether a file is a picture, which can be joined again.
 *
 * @param {File} file
 */
export const isPicture = ({ media_type: kind }) => kind.startsWith("image/");

/**
 * Whether a browser shows such a file on a page.
 *
 * @param {File} file
 */
export const isShown = (file) => isPicture(file) && !UNSHOWN.has(file.media_type);

/**
 * The kind of a file in short: "PDF".
 *
 * @param {File} file
 */
export const kindOf = ({ media_type: kind }) => nameOf(kind);

/**
 * The name of a format, such as "WebP" of "webp" or "image/webp".
 *
 * @param {string} format or a media type
 */
export function nameOf(format) {
  const name = format.split("/")[1] ?? format;
  return name === "webp" ? "WebP" : name.toUpperCase();
}

/**
 * The address of a picture as it is, or null where a browser shows none such or had to decode more
 * pixels.
 *
 * @param {File} file
 * @param {number} most
 */
export function wholePicture(file, most) {
  const { links, width, height } = file;
  return isShown(file) && (width ?? 0) * (height ?? 0) <= most ? links.content : null;
}
