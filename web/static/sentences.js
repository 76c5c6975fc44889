/**
 * The server's own sentences as they are said on this page: it speaks English, and to programs.
 *
 * Owns: the sentences that people meet most often, `{name}` standing for what varies, and their
 * translation; a value may itself be one of these sentences. In English they need one only where
 * they name fields of the API. One that is missing here is shown as it came, marked as English.
 * Never: decides what is shown, or branches on what a sentence says. The literal is plain JSON.
 */

import { language } from "./language.js";
import { element } from "./page.js";

/** @type {Record<string, Record<string, string>>} */
const SENTENCES = {
  "Left out: {name} (picture {n}): {why}": { "zh": "已跳过 {name}（第 {n} 张）：{why}" },
  "Picture {n} ({name}) is {least} pixels {side}, and all others are scaled down to it: ask for the fit 'largest', or for a number of pixels.": {
    "en": "Picture {n} ({name}) is {least} pixels {side}, and all others are scaled down to it: choose “Match the largest”, or set a length.",
    "zh": "第 {n} 张图片（{name}）只有 {least} 像素{side}，其余图片都会缩小到与它一致：可改选“与最大的一致”，或指定长度。"
  },
  "wide": { "zh": "宽" },
  "high": { "zh": "高" },
  "The {what} characters that the font lacks, which are left out or replaced: {signs}": { "zh": "{what}字体中没有的字符，会被省略或替换：{signs}" },
  "captions have": { "zh": "文字说明中有" },
  "watermark has": { "zh": "水印中有" },
  "Picture {n}: {why}": { "zh": "第 {n} 张图片：{why}" },
  "There was no room for all of a caption, which ends in dots: {names}": { "zh": "文字说明放不下，已用省略号截短：{names}" },
  "The result has 8 bits a colour, and some pictures have 16: {names}": { "zh": "结果中每种颜色为 8 位，而有些图片为 16 位：{names}" },
  "Even with the lowest quality a file may have more than {most} bytes, about {least}: the job fails then.{instead}": { "zh": "即使用最低质量，文件也可能超过 {most} 字节，约为 {least} 字节：届时任务会失败。{instead}" },
  "Scale {scale} is likely to do.": { "en": "Scaled to {scale}% it is likely to fit.", "zh": "缩放到 {scale}% 通常即可。" },
  "The captions lie at {band} of the height.": { "zh": "台词位于画面高度的 {band} 处。" },
  "The black bars above and below the picture are left out.": { "zh": "已去除画面上下的黑边。" },
  "No caption is seen in {name} (picture {n}): leave it out if it has none.": { "zh": "{name}（第 {n} 张）中没有看到台词：如果确实没有，可将其移除。" },
  "No band of captions is sure: {why}.": { "zh": "无法确定台词的位置：{why}。" },
  "Say where they are, such as band '72%-96%'.": { "en": "Say at which height they are.", "zh": "请指定台词的高度。" },
  "one picture alone does not show where captions are": { "zh": "只有一张图片，看不出台词在哪里" },
  "what the pictures share is no line of writing": { "zh": "各图共有的内容不是文字" },
  "no rows in the lower part hold writing in half of the pictures: there are no captions, or they lie at different heights": { "zh": "画面下部没有在半数图片中都出现的文字：可能没有台词，或台词高度不一" },
  "what the pictures share reaches their lower edge, as no caption does": { "zh": "各图共有的内容一直延伸到下边缘，不像台词" },
  "too much in the lower part of the pictures looks like writing": { "zh": "画面下部像文字的内容太多" },
  "Of these pictures {n} can be used.": { "zh": "这些图片中有 {n} 张可用。" },
  "The quality is {quality}, so that the result is as small as was asked.": { "zh": "为满足所要求的大小，质量为 {quality}。" },
  "No overlap is sure between {one} and {other}, which are joined as they are: {why}": { "zh": "{one} 与 {other} 之间无法确定重叠处，已直接相接：{why}" },
  "No overlap is sure between {one} (picture {m}) and {other} (picture {n}): {why}": { "zh": "{one}（第 {m} 张）与 {other}（第 {n} 张）之间无法确定重叠处：{why}" },
  "Nor is one between the pictures {others}.": { "zh": "以下各对之间也无法确定：{others}。" },
  "Take screenshots that each begin with what the one before ends with, or ask for on_no_overlap 'join': those without an overlap are then joined as they are.": {
    "en": "Take screenshots that each begin with what the one before ends with, or choose “Join them plainly”.",
    "zh": "请让每张截图的开头与前一张的结尾重复，或改选“直接上下相接”。"
  },
  "The two show too little in common to compare.": { "zh": "两张图的共同内容太少，无法比较。" },
  "Nothing that the first shows was found in the second.": { "zh": "前一张的内容在后一张中没有找到。" },
  "What they show repeats, so that several places fit alike.": { "zh": "画面内容有重复，有多个位置同样吻合。" },
  "They are not equally wide: {one} and {other} pixels.": { "zh": "两张图宽度不同：{one} 与 {other} 像素。" },
  "Take both from one screen, unscaled.": { "zh": "请使用同一屏幕、未经缩放的截图。" },

  "The file is empty (0 bytes).": { "zh": "文件是空的（0 字节）。" },
  "Send it again.": { "zh": "请重新发送。" },
  "This is {what}; {accepted}.": { "zh": "这是{what}；{accepted}。" },
  "JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF and, where their decoder is installed, HEIC pictures are read here": { "zh": "这里可以读取 JPEG、PNG、GIF、WebP、BMP、TIFF 和 AVIF 图片，装有解码器时还可以读取 HEIC" },
  "a text file": { "zh": "文本文件" },
  "a web page": { "zh": "网页" },
  "an SVG drawing": { "zh": " SVG 矢量图" },
  "a video": { "zh": "视频" },
  "a Matroska or WebM video": { "zh": " Matroska 或 WebM 视频" },
  "a PDF document": { "zh": " PDF 文档" },
  "a PostScript document": { "zh": " PostScript 文档" },
  "a Photoshop document": { "zh": " Photoshop 文档" },
  "a JPEG XL picture": { "zh": " JPEG XL 图片" },
  "a JPEG 2000 picture": { "zh": " JPEG 2000 图片" },
  "a ZIP archive": { "zh": " ZIP 压缩包" },
  "a gzip archive": { "zh": " gzip 压缩包" },
  "a RIFF file (AVI or WAV)": { "zh": " RIFF 文件（AVI 或 WAV）" },
  "an HEIF picture of a rare kind": { "zh": "少见类型的 HEIF 图片" },
  "not a picture of a known kind": { "zh": "无法识别的文件" },
  "This is an HEIC picture, and its decoder is not installed here; {accepted}.": { "zh": "这是 HEIC 图片，而此服务器没有安装其解码器；{accepted}。" },
  "Save it as a JPEG, or have the operator install the decoder: pip install 'stitchery[heic]'.": { "zh": "请另存为 JPEG，或请管理者安装解码器：pip install 'stitchery[heic]'。" },
  "The {kind} data is damaged or cut short.": { "zh": "{kind} 数据已损坏或不完整。" },
  "Save the picture anew, or take another copy of it.": { "zh": "请重新保存图片，或换一份副本。" },
  "Save the picture anew with another program.": { "zh": "请用其他程序重新保存图片。" },
  "The picture says that it is {width} x {height} pixels: damaged.": { "zh": "图片自称为 {width} × {height} 像素：已损坏。" },
  "The picture is {width} x {height} pixels; a side may have {most} at most.": { "zh": "图片为 {width} × {height} 像素；边长最多 {most} 像素。" },
  "Scale it down or cut it.": { "zh": "请先缩小或裁切。" },
  "The picture is {width} x {height} pixels, {size} megapixels; {most} are accepted.": { "zh": "图片为 {width} × {height} 像素，共 {size} 百万像素；最多接受 {most} 百万像素。" },
  "The picture has more than {most} megapixels.": { "zh": "图片超过 {most} 百万像素。" },
  "Scale it down.": { "zh": "请先缩小。" },
  "Reading this {kind} needs more memory than one picture may use.": { "zh": "读取此 {kind} 所需的内存超过单张图片的上限。" },
  "Scale it down or save it in another format.": { "zh": "请先缩小，或另存为其他格式。" },
  "One file may have {most} bytes; this one has more.": { "zh": "单个文件最多 {most} 字节；此文件超出。" },
  "The session may hold {most} files and holds or is receiving {n}.": { "zh": "会话最多可存 {most} 个文件，现已存有或正在接收 {n} 个。" },
  "Remove some first.": { "zh": "请先移除一些。" },
  "The session may hold {most} bytes and holds or is receiving {held}; {size} more do not fit.": { "zh": "会话最多可存 {most} 字节，现已存有或正在接收 {held} 字节；再加 {size} 字节放不下。" },
  "Remove some files first.": { "zh": "请先移除一些文件。" },

  "The result would be {width} x {height} pixels": { "zh": "结果将为 {width} × {height} 像素" },
  "{shape}; a side of a {format} picture has {most} at most.": { "zh": "{shape}；{format} 图片的边长最多 {most} 像素。" },
  "{shape}, {size} megapixels; {most} are allowed.": { "zh": "{shape}，共 {size} 百万像素；最多允许 {most} 百万像素。" },
  "{shape}, which takes {size} MiB of memory to make; {most} are allowed.": { "zh": "{shape}，生成时需要 {size} MiB 内存；最多允许 {most} MiB。" },
  "{shape}, which no {format} has in {most} bytes, however coarse: ask for more bytes.": { "zh": "{shape}，{format} 质量再低也无法压到 {most} 字节：请放宽大小。" },
  "Looking at these pictures takes {size} MiB of memory; {most} are allowed.": { "zh": "查看这些图片需要 {size} MiB 内存；最多允许 {most} MiB。" },
  "Take smaller pictures.": { "zh": "请使用较小的图片。" },
  "A result of {height} rows would be cut into {parts} parts; {most} are made at most, of {least} rows or more.": { "zh": "高 {height} 像素的结果会被切成 {parts} 份；最多切成 {most} 份，每份至少高 {least} 像素。" },
  "Ask for higher ones, or scale it down.": { "zh": "请加大每份的高度，或缩小整体。" },

  "None of the {n} addresses gave a picture; each has its own cause": { "zh": "{n} 个网址都没有返回图片，原因各见下方" },
  "An address begins with http:// or https:// and a host": { "zh": "网址以 http:// 或 https:// 加主机名开头" },
  "An address holds no user name or password; leave them out": { "zh": "网址中不能含用户名或密码，请去掉" },
  "{host} does not lead to a public address; check the spelling, and name a host that everybody on the internet can reach": { "zh": "{host} 没有指向公网地址；请检查拼写，并使用互联网上人人可访问的主机" },
  "Port {port} is not fetched from; allowed are {ports}": { "zh": "不从端口 {port} 抓取；允许的端口为 {ports}" },
  "{host} cannot be reached on port {port}": { "zh": "无法连接 {host} 的端口 {port}" },
  "{host} could not be found and reached within {time} s": { "zh": "{time} 秒内未能找到并连接 {host}" },
  "{host} answered with status {status}; try again later": { "zh": "{host} 返回状态 {status}，请稍后再试" },
  "{host} answered with status {status}, not with the picture; open the address in a browser to see why": { "zh": "{host} 返回状态 {status}，没有返回图片；请用浏览器打开该网址查看原因" },
  "What {host} sends is larger than {size} MiB, the most for one picture": { "zh": "{host} 发来的内容超过单张图片的上限 {size} MiB" },
  "{host} did not give the whole picture within {time} s": { "zh": "{host} 未能在 {time} 秒内发完图片" },
  "{host} closed the connection before its answer was whole": { "zh": "{host} 在发完之前关闭了连接" },
  "{host} broke off before its answer was whole": { "zh": "{host} 在发完之前中断了" }
};

/** Between two sentences. */
const SEAM = /(?<=[.?!]) (?=[A-Z])/;

/** Each sentence as the pattern of what it becomes. */
const PATTERNS = Object.keys(SENTENCES).map((key) => ({ key, pattern: patternOf(key) }));

/**
 * What the server says, as an element; what there is no translation of is marked as English.
 *
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
export function spoken(tag, text, className) {
  const said = translated(text);
  const made = element(tag, said ?? text, className);
  if (said === null) made.lang = "en";
  return made;
}

/**
 * The first sentence of a text.
 *
 * @param {string} text
 */
export const firstOf = (text) => text.split(SEAM)[0];

/**
 * The text in the language spoken now; in English it is only bettered where it can be. Null where
 * one of its sentences is missing.
 *
 * @param {string} text
 * @returns {string | null}
 */
function translated(text) {
  const pieces = text.split(SEAM);
  if (language() === "en") return pieces.map((piece) => sentence(piece) ?? piece).join(" ");
  const said = pieces.map(sentence);
  return said.includes(null) ? sentence(text) : said.join("");
}

/**
 * @param {string} text
 * @returns {string | null}
 */
function sentence(text) {
  for (const { key, pattern } of PATTERNS) {
    const found = pattern.exec(text);
    const said = SENTENCES[key][language()];
    if (!found || !said) continue;
    const values = found.groups ?? {};
    return said.replace(
      /\{(\w+)\}/g,
      (_, name) => translated(values[name]) ?? values[name],
    );
  }
  return null;
}

/** @param {string} key */
function patternOf(key) {
  const plain = key.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${plain.replace(/\{(\w+)\}/g, "(?<$1>.*?)")}$`, "s");
}
