/**
 * Joins by sharp: `node sharp.cjs WAY TASK`, with NODE_PATH naming the folder that has it.
 *
 * Owns: three ways: `join`, its own joining; `quick`, the same with the least effort in coding;
 * `composite`, as its documentation shows. Where pictures are scaled or of several widths, `join`
 * cannot do it alone: they are brought to pixels first, which then are laid together.
 */
const fs = require("node:fs");
const sharp = require("sharp");

const [way, path] = process.argv.slice(2);
const task = JSON.parse(fs.readFileSync(path, "utf8"));
const white = { r: 255, g: 255, b: 255, alpha: 1 };
const open = { limitInputPixels: false };

function saved(image) {
  const quick = way === "quick";
  switch (task.format) {
    case "jpeg":
      return image.jpeg({
        quality: task.quality,
        chromaSubsampling: "4:2:0",
        optimiseCoding: !quick,
      });
    case "png":
      return image.png(quick ? { compressionLevel: 1 } : {});
    default:
      return image.webp({ quality: task.quality, effort: quick ? 2 : 4 });
  }
}

/** Pixels of a picture, upright, scaled, on white. */
async function pixels(file) {
  const size = task.layout === "horizontal" ? { height: task.fit } : { width: task.fit };
  const { data, info } = await sharp(file)
    .autoOrient()
    .resize(size)
    .flatten({ background: white })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { input: data, raw: { width: info.width, height: info.height, channels: info.channels } };
}

/** Every picture as composite wants it, with its size. */
async function parts() {
  if (task.fit) {
    return Promise.all(task.paths.map(pixels));
  }
  const sizes = await Promise.all(task.paths.map((file) => sharp(file).metadata()));
  return task.paths.map((input, place) => ({ input, raw: undefined, ...sizes[place] }));
}

function laid(all) {
  const columns = { vertical: 1, horizontal: all.length, grid: task.columns }[task.layout];
  let [left, top, width, height] = [0, 0, 0, 0];
  const placed = all.map(({ input, raw, ...size }, place) => {
    const { width: wide, height: high } = raw ?? size;
    const part = raw ? { input, raw, left, top } : { input, left, top };
    width = Math.max(width, left + wide);
    height = Math.max(height, top + high);
    [left, top] = (place + 1) % columns ? [left + wide + task.gap, top] : [0, top + high + task.gap];
    return part;
  });
  return { placed, width, height };
}

async function composite() {
  const { placed, width, height } = laid(await parts());
  const channels = task.transparent ? 4 : 3;
  const background = task.transparent ? { ...white, alpha: 0 } : white;
  const canvas = { create: { width, height, channels, background }, ...open };
  await saved(sharp(canvas).composite(placed)).toFile(task.output);
}

async function stack() {
  const all = await Promise.all(task.paths.map(pixels));
  const height = all.reduce((sum, one) => sum + one.raw.height, 0);
  const raw = { ...all[0].raw, height };
  const data = Buffer.concat(all.map((one) => one.input));
  await saved(sharp(data, { raw, ...open })).toFile(task.output);
}

async function join() {
  const across = task.layout === "vertical" ? 1 : task.columns;
  await saved(sharp(task.paths, { join: { across, shim: task.gap }, ...open })).toFile(task.output);
}

function chosen() {
  if (way === "composite" || task.layout === "horizontal") {
    return composite;
  }
  return task.fit ? stack : join;
}

async function main() {
  sharp.concurrency(task.processors);
  sharp.cache(false);
  const seconds = [];
  for (let run = 0; run < task.repeats; run += 1) {
    fs.rmSync(task.output, { force: true }); // see `Task.repeats`
    const began = process.hrtime.bigint();
    await chosen()();
    seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
  }
  process.stdout.write(JSON.stringify(seconds));
}

main();
