/**
 * Entries as shapes: plain descriptions of SVG elements, for the page and for an exported picture alike. Pure.
 */

import { placeAtLane, placeOnLine, restAt } from './geometry.js';
import { short } from './rows.js';

/** @typedef {import('./entries.js').Entry} Entry */
/** @typedef {import('./layout.js').Span} Span */
/** @typedef {[name: string, attributes: Record<string, string | number>, ...children: any[]]} Shape a child is a shape or a text */

/**
 * @typedef {object} Stage
 * @property {Map<string, number>} xs
 * @property {number[]} lifelines
 * @property {number} width
 * @property {import('./geometry.js').Room} room
 * @property {(text: string) => number} measure
 * @property {number} bottom
 * @property {(i: number) => number} yOf
 */

const PILL = 20;
const LABEL = 16;
const LEGIBLE = 112; // no label is cut to less
const PAD = 8;
const BOLD = 1.13; // wider by so much, at most
const LONG_PX = 64;
const FAR_PX = 150; // its label stands at both ends
const BESIDE = 6; // an arrow ends this far from a lifeline

/** @param {number} n */
const r = (n) => Math.round(n * 10) / 10;

/** @param {number} x @param {number} y @param {number} dx @param {number} dy @returns {Shape} */
const head = (x, y, dx, dy) => {
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  const [bx, by] = [x - ux * 9, y - uy * 9];
  return ['path', { class: 'sd-head', d: `M${r(x)} ${r(y)}L${r(bx - uy * 4.2)} ${r(by + ux * 4.2)}L${r(bx + uy * 4.2)} ${r(by - ux * 4.2)}Z` }];
};

/** @param {number} x @param {number} y @returns {Shape[]} */
const cross = (x, y) => [
  ['circle', { class: 'sd-cross', cx: r(x), cy: r(y), r: 8 }],
  ['path', { class: 'sd-x', d: `M${r(x - 3)} ${r(y - 3)}l6 6m0 -6l-6 6` }],
];

/** @param {string} text @param {number} x @param {number} y @param {string} [anchor] @returns {Shape} */
const words = (text, x, y, anchor = 'middle') => ['text', { x: r(x), y: r(y + 4), 'text-anchor': anchor }, text];

/** @param {string} text @param {number} room @param {(text: string) => number} measure */
const fit = (text, room, measure) => {
  const width = measure(text);
  return width <= room ? text : short(text, Math.max(3, Math.floor((text.length * room) / width)));
};

/** @param {Stage} stage @param {{x1: number, y1: number, x2: number, y2: number}} line @param {string} text @param {number} [reach] how far its whole arrow goes @returns {Shape[]} */
const labelOn = (stage, line, text, reach = Math.abs(line.x2 - line.x1)) => {
  const label = fit(text, Math.max(LEGIBLE, reach - 26), stage.measure);
  const width = stage.measure(label) + 2 * 5;
  const box = placeOnLine(stage.room, stage.lifelines, line, width, LABEL);
  return [
    ['rect', { class: 'sd-back', x: r(box.x), y: r(box.y), width: r(width), height: LABEL, rx: 4 }],
    words(label, box.x + width / 2, box.y + LABEL / 2),
  ];
};

/** @param {Stage} stage @param {string} label */
const tokenWidth = (stage, label) => stage.measure(label) * BOLD + 2 * PAD + 13;

/** Where a token rests: its column's place, or the next one that nothing else has taken. @param {Stage} stage @param {number} x1 @param {number} x2 @param {number} y @param {number} column @param {string} label */
const restFor = (stage, x1, x2, y, column, label) => {
  const width = tokenWidth(stage, label);
  for (let more = 0; more < 7; more += 1) {
    const x = restAt(x1, x2, column + more);
    if (stage.room.isFree({ x: x - width / 2 - 2, y: y - PILL / 2, width: width + 4, height: PILL })) return x;
  }
  return restAt(x1, x2, column);
};

/** A message that waits is a token that rests on its arrow. @param {Stage} stage @param {number} x @param {number} y @param {string} label @returns {Shape[]} */
const token = (stage, x, y, label) => {
  const width = tokenWidth(stage, label);
  const box = { x: x - width / 2, y: y - PILL / 2, width, height: PILL };
  stage.room.take(box);
  const shape = { x: r(box.x), y: r(box.y), width: r(width), height: PILL, rx: 10 };
  // Dimmed, it lets nothing through all the same.
  return [['rect', { class: 'sd-back', ...shape }], ['g', { class: 'sd-token' },
    ['rect', { class: 'sd-pill', ...shape }],
    ['path', { class: 'sd-bar', d: `M${r(box.x + 9)} ${r(y - 4.5)}h3v9h-3zM${r(box.x + 14.5)} ${r(y - 4.5)}h3v9h-3z` }],
    words(label, box.x + 21, y, 'start')]];
};

/** @param {Entry} entry @param {Span} span @param {Stage} stage @param {boolean} isHeld @returns {Shape[]} */
const arrow = (entry, span, stage, isHeld) => {
  const [from, to] = [stage.xs.get(entry.from) ?? 0, stage.xs.get(entry.to) ?? stage.xs.get(entry.from) ?? 0];
  const way = Math.sign(to - from) || 1;
  const [x1, x2] = [from + way * BESIDE, to - way * BESIDE];
  const { y1 } = span;
  const dashes = entry.dashed ? ' sd-dashed' : '';
  if (entry.end === null) {
    const waits = isHeld || entry.did === 'held' || entry.did === 'delayed' || entry.did === 'stalled';
    const label = entry.did === 'delayed' || entry.did === 'stalled' ? `${entry.label} · ${entry.did}` : entry.label;
    const rest = waits ? restFor(stage, x1, x2, y1 + 4, span.column, label) : restAt(x1, x2, span.column);
    return [
      ['path', { class: 'sd-line sd-dashed', d: `M${r(x1)} ${r(y1)}L${r(rest)} ${r(y1 + 4)}` }],
      ['path', { class: 'sd-line sd-ahead', d: `M${r(rest)} ${r(y1 + 4)}L${r(x2)} ${r(y1 + 8)}` }],
      ...(waits ? token(stage, rest, y1 + 4, label) : labelOn(stage, { x1, y1, x2, y2: y1 + 8 }, label)),
    ];
  }
  const y2 = Math.max(span.y2, y1);
  const isLost = entry.did === 'lost' || entry.did === 'dropped' || entry.did === 'failed' || entry.did === 'abandoned';
  const isLong = y2 - y1 > LONG_PX && entry.origin === null;
  /** @type {Shape[]} */
  const drawn = [];
  if (isLong) {
    const rest = restAt(x1, x2, span.column);
    const [down, up] = [y1 + 7, y2 - 6];
    drawn.push(
      ['path', { class: `sd-line${dashes}`, d: `M${r(x1)} ${r(y1)}L${r(rest)} ${r(down)}` }],
      ['path', { class: `sd-line sd-waited${entry.waits === null ? '' : ' sd-wait'}`, d: `M${r(rest)} ${r(down)}V${r(up)}` }],
    );
    if (isLost) drawn.push(...cross(rest, up));
    else drawn.push(['path', { class: `sd-line${dashes}`, d: `M${r(rest)} ${r(up)}L${r(x2)} ${r(y2)}` }], head(x2, y2, x2 - rest, y2 - up));
    const [first, second] = [{ x1, y1, x2: rest, y2: down }, { x1: rest, y1: up, x2, y2 }];
    const isTight = Math.abs(rest - x1) < stage.measure(entry.label) + 30 && Math.abs(x2 - rest) > Math.abs(rest - x1);
    if (!isTight || isLost) drawn.push(...labelOn(stage, first, entry.label, Math.abs(x2 - x1)));
    if (!isLost && (isTight || y2 - y1 > FAR_PX)) drawn.push(...labelOn(stage, second, entry.label, Math.abs(x2 - x1)));
    return drawn;
  }
  const reach = isLost ? 0.7 : 1;
  const [xe, ye] = [x1 + (x2 - x1) * reach, y1 + (y2 - y1) * reach];
  const d = `M${r(x1)} ${r(y1)}L${r(xe)} ${r(ye)}`;
  drawn.push(['path', { class: 'sd-hit', d }], ['path', { class: `sd-line${dashes}`, d }]);
  if (isLost) drawn.push(...cross(xe, ye));
  else drawn.push(head(xe, ye, x2 - x1, y2 - y1));
  drawn.push(...labelOn(stage, { x1, y1, x2: isLost ? xe : x2, y2: isLost ? ye : y2 }, entry.label));
  return drawn;
};

/** @param {Entry} entry @param {Span} span @param {Stage} stage @returns {Shape[]} */
const mark = (entry, { y1: y }, stage) => {
  const x = stage.xs.get(entry.lane) ?? 0;
  const label = fit(entry.label, 300, stage.measure);
  const width = stage.measure(label) * (entry.strong ? BOLD : 1) + 2 * PAD + 2;
  const box = placeAtLane(stage.room, stage.lifelines, x, y, width, PILL, stage.width);
  return [
    ['circle', { class: entry.hollow ? 'sd-ring' : 'sd-dot', cx: r(x), cy: r(y), r: entry.hollow ? 4.5 : 5.5 }],
    ['rect', { class: 'sd-pill', x: r(box.x), y: r(box.y), width: r(width), height: PILL, rx: 10 }],
    words(label, box.x + width / 2, y),
  ];
};

/** @param {Entry} entry @param {Span} span @param {Stage} stage @returns {Shape[]} */
const line = (entry, { y1: y }, stage) => {
  const label = fit(entry.label, stage.width - 120, stage.measure);
  const width = stage.measure(label) + 2 * PAD;
  stage.room.take({ x: 6, y: y - LABEL / 2, width, height: LABEL });
  return [
    ['path', { class: 'sd-across', d: `M0 ${r(y)}H${r(stage.width)}` }],
    ['rect', { class: entry.strong ? 'sd-pill' : 'sd-back', x: 8, y: r(y - 9), width: r(width), height: 18, rx: 9 }],
    words(label, 8 + PAD, y, 'start'),
  ];
};

/** @param {Entry} entry @param {Stage} stage */
const lanesOf = (entry, stage) =>
  entry.lanes.map((lane) => stage.xs.get(lane) ?? NaN).filter((x) => !Number.isNaN(x)).sort((a, b) => a - b);

/** @param {Entry} entry @param {Span} span @param {Stage} stage @returns {Shape[]} */
const band = (entry, span, stage) => {
  const xs = lanesOf(entry, stage);
  if (!xs.length) return [];
  const { y1, y2, left } = bandBox(span, xs, stage);
  const label = fit(`fault: ${entry.label}`, stage.width - 20, stage.measure);
  const width = stage.measure(label) + 12;
  const x = Math.max(4, Math.min(left + 8, stage.width - width - 6));
  stage.room.take({ x, y: y1, width, height: LABEL + 2 });
  return [
    ['path', { class: 'sd-edge', d: `M${r(left + 8)} ${r(y1)}Q${r(left)} ${r(y1)} ${r(left)} ${r(y1 + 8)}V${r(y2 - 8)}Q${r(left)} ${r(y2)} ${r(left + 8)} ${r(y2)}` }],
    ['rect', { class: 'sd-flag', x: r(x), y: r(y1 - 1), width: r(width), height: LABEL + 2, rx: 4 }],
    words(label, x + 6, y1 + LABEL / 2, 'start'),
    ...entry.hits.map((i) => Math.max(stage.yOf(i), y1 + 18)).map((y) => /** @type {Shape} */ (['path', { class: 'sd-receipt', d: `M${r(left)} ${r(y - 5)}l5 5l-5 5l-5 -5z` }])),
  ];
};

/** @param {Span} span @param {number[]} xs @param {Stage} stage */
const bandBox = (span, xs, stage) => ({
  y1: span.y1,
  y2: Math.max(Number.isNaN(span.y2) ? stage.bottom : span.y2, span.y1 + 24),
  left: xs[0] - 17 - 6 * (span.column % 6),
});

/** What lies behind everything: the lanes that a fault concerns, the message that it struck. @param {Entry} entry @param {Span} span @param {Stage} stage @returns {Shape | null} */
export const groundOf = (entry, span, stage) => {
  if (entry.type === 'band') {
    const xs = lanesOf(entry, stage);
    if (!xs.length) return null;
    const { y1, y2 } = bandBox(span, xs, stage);
    const [first, last] = [xs[0], xs[xs.length - 1]];
    const reach = /** @type {Shape} */ (['rect', { class: 'sd-reach', x: r(first - 12), y: r(y1), width: r(last - first + 24), height: r(y2 - y1), rx: 6 }]);
    return ['g', {}, reach, ...xs.map((x) => /** @type {Shape} */ (['rect', { class: 'sd-strip', x: r(x - 12), y: r(y1), width: 24, height: r(y2 - y1), rx: 6 }]))];
  }
  const isStruck = entry.did === 'lost' || entry.did === 'dropped' || entry.did === 'failed' || entry.waits !== null;
  if (entry.type !== 'arrow' || !entry.rule || !isStruck) return null;
  const [from, to] = [stage.xs.get(entry.from) ?? 0, stage.xs.get(entry.to) ?? 0];
  const height = (span.y2 - span.y1 <= LONG_PX ? span.y2 - span.y1 : 8) + 24;
  return ['rect', { class: 'sd-acted', x: r(Math.min(from, to) - 12), y: r(span.y1 - 12), width: r(Math.abs(to - from) + 24), height: r(height), rx: 6 }];
};

const CLASSES = { arrow: 'sd-arrow', mark: 'sd-mark', line: 'sd-across-all', band: 'sd-band' };

/** Labels, tokens and crosses: they lie above every line, whichever was drawn last. @param {Shape} shape */
const isOnTop = ([name, attributes]) => name === 'text' || name === 'g' || /^sd-(back|cross|x)$/.test(`${attributes.class}`);

/** Lines, and what lies on top of all lines. @param {Entry} entry @param {Span} span @param {Stage} stage @param {boolean} isHeld @returns {[Shape, Shape | null]} */
export const shapeOf = (entry, span, stage, isHeld) => {
  const drawn = entry.type === 'arrow' ? arrow(entry, span, stage, isHeld)
    : entry.type === 'mark' ? mark(entry, span, stage)
    : entry.type === 'line' ? line(entry, span, stage) : band(entry, span, stage);
  const tone = isHeld && entry.end === null ? 'wait' : entry.tone;
  const all = { class: `${CLASSES[entry.type]} sd-${tone}${entry.strong ? ' sd-strong' : ''}`, 'data-entry': entry.id };
  if (entry.type !== 'arrow') return [['g', all, ...drawn], null];
  return [['g', all, ...drawn.filter((shape) => !isOnTop(shape))], ['g', { ...all, class: `sd-top ${all.class}` }, ...drawn.filter(isOnTop)]];
};

/** @param {number} ms */
const told = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(ms >= 9950 ? 1 : 2)} s` : `${Math.round(ms)} ms`);

/** Time that was left out, or the time at this height. @param {import('./layout.js').Fold} fold @param {Stage} stage @returns {Shape} */
export const foldOf = ({ y, ms, isTick }, stage) => {
  if (isTick) return ['g', { class: 'sd-fold' }, ['text', { x: 6, y: r(y + 4) }, `${(ms / 1000).toFixed(3)} s`]];
  const quiet = `… ${told(ms)} without anything`;
  const width = stage.measure(quiet) + 12;
  const x = (stage.width - width) / 2;
  return ['g', { class: 'sd-fold' }, ['path', { d: `M62 ${r(y)}H${r(stage.width - 8)}` }],
    ['rect', { class: 'sd-back', x: r(x), y: r(y - 9), width: r(width), height: 18 }], words(quiet, stage.width / 2, y)];
};
