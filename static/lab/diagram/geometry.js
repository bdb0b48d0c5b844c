/**
 * The x side of the diagram, and where labels stand so that they do not cover each other. Pure.
 */

/** @typedef {import('./entries.js').Entry} Entry */
/** @typedef {{x: number, y: number, width: number, height: number, owner?: number}} Box */

const GUTTER = 84;
const RIGHT = 104;
const NARROW = { below: 640, gutter: 44, right: 56 };
const SPACING_MIN = 132;
const SPACING_MAX = 440;
const SERVER_SHARE = 0.72; // servers stand closer together: nobody looks at a server's page
const FRACTIONS = [0.5, 0.36, 0.64, 0.24, 0.76, 0.43, 0.57, 0.3, 0.7, 0.17, 0.83];

/** Evenly spread, unless the page places them. @param {import('./lanes.js').Lane[]} lanes @param {number} width @param {Map<string, number>} placed */
export const placeLanes = (lanes, width, placed) => {
  const steps = lanes.map((lane, at) => (at === 0 ? 0 : lane.kind === 'tab' ? 1 : lanes[at - 1].kind === 'tab' ? 0.9 : SERVER_SHARE));
  const sum = steps.reduce((total, step) => total + step, 0);
  const isNarrow = width < NARROW.below;
  const [gutter, right] = isNarrow ? [NARROW.gutter, NARROW.right] : [GUTTER, RIGHT];
  const spacing = sum === 0 ? 0 : Math.min(SPACING_MAX, Math.max(SPACING_MIN, (width - gutter - right) / sum));
  let x = gutter;
  /** @type {Map<string, number>} */
  const xs = new Map();
  lanes.forEach((lane, at) => {
    x += steps[at] * spacing;
    xs.set(lane.id, placed.get(lane.id) ?? Math.round(x));
  });
  const last = Math.max(0, ...xs.values());
  return { xs, width: Math.max(width, last + right) };
};

/** Where a message rests between its lanes, by its column. @param {number} x1 @param {number} x2 @param {number} column */
export const restAt = (x1, x2, column) => x1 + (x2 - x1) * FRACTIONS[column % FRACTIONS.length];

/** @param {Box} a @param {Box} b */
const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Boxes that are taken, found by where they are. What an entry took itself never stands in its way. */
export const createRoom = () => {
  const CELL = 64;
  /** @type {Map<number, Box[]>} */
  const cells = new Map();
  let owner = -1;
  return {
    /** @param {number} id whoever asks from here on */
    by(id) {
      owner = id;
    },
    /** @param {Box} box */
    take(box) {
      box.owner = owner;
      for (let cell = Math.floor(box.y / CELL); cell <= Math.floor((box.y + box.height) / CELL); cell += 1) {
        const here = cells.get(cell);
        if (here) here.push(box);
        else cells.set(cell, [box]);
      }
    },
    /** @param {Box} box */
    isFree(box) {
      for (let cell = Math.floor(box.y / CELL); cell <= Math.floor((box.y + box.height) / CELL); cell += 1) {
        for (const other of cells.get(cell) ?? []) if (other.owner !== owner && overlap(box, other)) return false;
      }
      return true;
    },
  };
};

/** @typedef {ReturnType<typeof createRoom>} Room */

const ALONG = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78];

/**
 * Where along a line its label stands: in the middle if it can, beside other labels and off the lifelines.
 *
 * @param {Room} room @param {number[]} lifelines
 * @param {{x1: number, y1: number, x2: number, y2: number}} line @param {number} width @param {number} height
 * @returns {Box}
 */
export const placeOnLine = (room, lifelines, { x1, y1, x2, y2 }, width, height) => {
  /** @type {Box | undefined} */
  let best;
  let least = Infinity;
  for (const t of ALONG) {
    const box = { x: x1 + (x2 - x1) * t - width / 2, y: y1 + (y2 - y1) * t - height / 2, width, height };
    const sticksOut = box.x < Math.min(x1, x2) + 8 || box.x + width > Math.max(x1, x2) - 8;
    const crossed = lifelines.filter((x) => x > box.x - 4 && x < box.x + width + 4).length;
    const cost = (room.isFree(box) ? 0 : 100) + (sticksOut ? 12 : 0) + crossed * 6 + Math.abs(t - 0.5) * 8;
    if (cost < least) [best, least] = [box, cost];
    if (cost === 0) break;
  }
  room.take(/** @type {Box} */ (best));
  return /** @type {Box} */ (best);
};

/**
 * Where the label of a mark stands: right of its lane if there is room before the next one, else left, else
 * across the neighbour's lifeline.
 *
 * @param {Room} room @param {number[]} lifelines sorted @param {number} x @param {number} y @param {number} width
 * @param {number} height @param {number} total @returns {Box & {side: 'right' | 'left'}}
 */
export const placeAtLane = (room, lifelines, x, y, width, height, total) => {
  const next = lifelines.find((other) => other > x + 1) ?? total;
  const previous = [...lifelines].reverse().find((other) => other < x - 1) ?? 0;
  const right = { x: x + 11, y: y - height / 2, width, height };
  const left = { ...right, x: x - 11 - width };
  const cost = (/** @type {Box} */ box, /** @type {boolean} */ isClear) =>
    (isClear ? 0 : 10) + (box.x < 2 || box.x + width > total - 2 ? 60 : 0) + (room.isFree(box) ? 0 : 40);
  const costRight = cost(right, right.x + width < next - 10);
  const costLeft = cost(left, left.x > previous + 10) + 1;
  const box = costRight <= costLeft ? right : left;
  room.take(box);
  return { ...box, side: box === right ? 'right' : 'left' };
};
