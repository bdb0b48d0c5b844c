/**
 * A part of the diagram as a picture that stands alone: one SVG file, its style inside, its text escaped. Pure.
 */

import { createRoom } from './geometry.js';
import { createLayout } from './layout.js';
import { foldOf, groundOf, shapeOf } from './shapes.js';
import { ALONE_SHEET } from './style.js';

const HEADS = 36;
/** @type {import('./entries.js').Entry['type'][]} */
const LAYERS = ['band', 'arrow', 'line'];

/** @param {unknown} text no control character may stand in XML */
const escaped = (text) =>
  String(text)
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @param {import('./shapes.js').Shape} shape @returns {string} */
export const toText = ([name, attributes, ...children]) => {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`).join('');
  const inside = children.map((child) => (typeof child === 'string' ? escaped(child) : toText(child))).join('');
  return `<${name}${given}>${inside}</${name}>`;
};

/**
 * @param {import('./model.js').Model} model @param {(entry: import('./entries.js').Entry) => boolean} isShown
 * @param {'order' | 'time'} axis @param {{xs: Map<string, number>, width: number}} geometry
 * @param {(text: string) => number} measure @param {{from?: number, to?: number, title?: string}} range
 */
export const createPicture = (model, isShown, axis, geometry, measure, { from = 0, to = Infinity, title = 'sequence diagram' }) => {
  const layout = createLayout();
  layout.clear();
  layout.extend(model, (entry) => {
    const last = entry.end ?? (entry.type === 'band' ? Infinity : entry.i);
    return isShown(entry) && (entry.type === 'band' ? entry.i <= to && last >= from : entry.i >= from && entry.i <= to);
  }, axis);
  const height = layout.height() + HEADS;
  const lifelines = [...geometry.xs.values()].sort((a, b) => a - b);
  const stage = { ...geometry, lifelines, room: createRoom(), measure, bottom: layout.bottom(), yOf: layout.yOf };
  const entries = [...layout.between(0, layout.height())].sort((a, b) => a.id - b.id);
  const shapes = entries.map((entry) => {
    stage.room.by(entry.id);
    const [shape, top] = shapeOf(entry, /** @type {any} */ (layout.spanOf(entry)), stage, false);
    return { entry, shape, top };
  });
  /** @type {import('./shapes.js').Shape[]} */
  const heads = model.lanes.list().map(({ id, title: name }) =>
    ['text', { class: 'sd-title', x: geometry.xs.get(id) ?? 0, y: 23, 'text-anchor': 'middle' }, name]);
  /** @type {(of: string) => import('./shapes.js').Shape[]} */
  const ofType = (type) => shapes.filter(({ entry }) => entry.type === type).map(({ shape }) => shape);
  /** @type {import('./shapes.js').Shape} */
  const lives = ['path', { class: 'sd-life', d: lifelines.map((x) => `M${x} 0V${layout.height()}`).join('') }];
  const grounds = entries.map((entry) => groundOf(entry, /** @type {any} */ (layout.spanOf(entry)), stage)).filter((ground) => ground !== null);
  const inside = [...grounds, lives, ...layout.folds().map((fold) => foldOf(fold, stage)), ...LAYERS.flatMap(ofType)];
  const above = [...shapes.map(({ top }) => top).filter((top) => top !== null), ...ofType('mark')];
  const { width } = geometry;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escaped(title)}</title><style>${escaped(ALONE_SHEET)}</style>` +
    toText(['rect', { class: 'sd-back', width, height }]) + heads.map(toText).join('') +
    toText(['g', { transform: `translate(0 ${HEADS})` }, ...inside, ...above]) + '</svg>\n'
  );
};
