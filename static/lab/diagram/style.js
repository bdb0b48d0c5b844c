/**
 * The look, once: the live diagram takes it as a style sheet, an exported picture carries it inside.
 *
 * Every pair of text and ground meets WCAG AA in both themes (e2e/lab checks it).
 */

/** @type {Record<string, [light: string, dark: string]>} */
export const COLOURS = {
  ground: ['#f5f7fa', '#0f141b'],
  panel: ['#ffffff', '#171d27'],
  edge: ['#d5dce6', '#323d4d'],
  life: ['#c9d1dd', '#3a4556'],
  ink: ['#16202e', '#e6ebf2'],
  quiet: ['#556274', '#9dabbd'],
  plain: ['#1f5fe0', '#7aa7ff'],
  sibling: ['#7a3fd0', '#bd97ff'],
  good: ['#14733f', '#58cc8c'],
  wait: ['#8a5a00', '#efb84f'],
  bad: ['#bf1e38', '#ff8294'],
  'on-bad': ['#ffffff', '#1d0a0e'],
  token: ['#f2b632', '#efb84f'],
  'on-token': ['#241a00', '#241a00'],
  'bad-ground': ['#fbe3e7', '#34191f'],
  'bad-strip': ['#f6d3d9', '#43222a'],
  select: ['#1f5fe0', '#7aa7ff'],
  mark: ['#e6eeff', '#1c2b47'],
};

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif';

/** What stands inside the picture. */
export const PICTURE = `
.sd-life { stroke: var(--sd-life); stroke-width: 1.5; }
.sd-line { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke: currentColor; }
.sd-dashed { stroke-dasharray: 5 4; }
.sd-waited { stroke-dasharray: 2 4; opacity: .8; }
.sd-waited.sd-wait { color: var(--sd-wait); }
.sd-ahead { opacity: .35; }
.sd-head { fill: currentColor; stroke: none; }
.sd-hit { fill: none; stroke: transparent; stroke-width: 16; }
.sd-plain { color: var(--sd-plain); }
.sd-sibling { color: var(--sd-sibling); }
.sd-good { color: var(--sd-good); }
.sd-wait { color: var(--sd-wait); }
.sd-bad { color: var(--sd-bad); }
.sd-quiet { color: var(--sd-quiet); }
.sd-mark.sd-plain { color: var(--sd-ink); }
text { font: 12px ${FONT}; fill: currentColor; }
.sd-arrow text { fill: var(--sd-quiet); }
.sd-arrow.sd-sibling text, .sd-arrow.sd-bad text, .sd-arrow.sd-wait text { fill: currentColor; }
.sd-back { fill: var(--sd-ground); }
.sd-pill { fill: var(--sd-panel); stroke: var(--sd-edge); }
.sd-dot { fill: currentColor; stroke: var(--sd-ground); stroke-width: 2; }
.sd-ring { fill: var(--sd-ground); stroke: currentColor; stroke-width: 1.8; }
.sd-strong .sd-pill { fill: var(--sd-bad); stroke: var(--sd-bad); }
.sd-strong text { fill: var(--sd-on-bad); font-weight: 600; }
.sd-token .sd-pill { fill: var(--sd-token); stroke: none; }
.sd-arrow .sd-token text { fill: var(--sd-on-token); font-weight: 600; }
.sd-token .sd-bar { fill: var(--sd-on-token); }
.sd-cross { fill: var(--sd-bad); stroke: var(--sd-ground); stroke-width: 2; }
.sd-x { fill: none; stroke: var(--sd-on-bad); stroke-width: 1.8; stroke-linecap: round; }
.sd-acted { fill: var(--sd-bad-ground); }
.sd-reach { fill: var(--sd-bad-ground); opacity: .6; }
.sd-strip { fill: var(--sd-bad-strip); opacity: .55; }
.sd-edge { fill: none; stroke: var(--sd-bad); stroke-width: 1.8; }
.sd-flag { fill: var(--sd-bad-ground); }
.sd-receipt { fill: var(--sd-bad); stroke: var(--sd-ground); stroke-width: 1; }
.sd-across { stroke: var(--sd-edge); stroke-width: 1; }
.sd-number, .sd-fold text { fill: var(--sd-quiet); font-size: 11px; font-variant-numeric: tabular-nums; }
.sd-fold path { stroke: var(--sd-edge); stroke-dasharray: 1 5; stroke-width: 2; stroke-linecap: round; }
.sd-title { font-weight: 600; fill: var(--sd-ink); }
`;

/** What only the living one has. */
const LIVING = `
.sd { --sd-heads: 34px; position: relative; display: grid; grid-template-rows: auto 1fr; min-height: 0; height: 100%;
  background: var(--sd-ground); color: var(--sd-ink); font: 12px ${FONT}; overflow: hidden; }
.sd-heads { position: relative; height: var(--sd-heads); overflow: hidden; border-bottom: 1px solid var(--sd-edge); background: var(--sd-panel); }
.sd-headless { grid-template-rows: 0 1fr; }
.sd-headrow { position: absolute; inset: 0; will-change: transform; }
.sd-lane { position: absolute; top: 0; transform: translateX(-50%); line-height: var(--sd-heads); white-space: nowrap; font-weight: 600; }
.sd-lane[data-kind="server"], .sd-lane[data-kind="redis"] { color: var(--sd-quiet); }
.sd-scroller { overflow: auto; min-height: 0; outline: none; overscroll-behavior-x: contain; contain: strict; }
.sd-scroller:focus-visible { outline: 2.5px solid var(--sd-select); outline-offset: -3px; }
.sd-scroller svg { display: block; }
.sd-arrow, .sd-mark, .sd-across-all, .sd-band { cursor: pointer; }
.sd-veil { fill: var(--sd-ground); opacity: .72; pointer-events: none; }
.sd-cursor { stroke: var(--sd-select); stroke-width: 1.5; pointer-events: none; }
.sd-cursor-flag { fill: var(--sd-select); pointer-events: none; }
.sd-dim:not(.sd-top), .sd-top.sd-dim > :not(.sd-back) { opacity: .24; }
.sd-after:not(.sd-top), .sd-top.sd-after > :not(.sd-back) { opacity: .5; }
.sd-past .sd-line, .sd-future .sd-line { stroke-width: 2.6; }
.sd-selected .sd-line { stroke-width: 3.2; }
.sd-selected .sd-pill, .sd-selected .sd-back { stroke: var(--sd-select); stroke-width: 2; }
.sd-selected .sd-back { fill: var(--sd-mark); }
.sd-selected .sd-dot, .sd-selected .sd-ring { stroke: var(--sd-select); stroke-width: 3; }
.sd-witness .sd-pill, .sd-witness .sd-back { stroke: var(--sd-bad); stroke-width: 1.5; }
.sd-mark:hover .sd-pill { stroke: var(--sd-quiet); }
.sd-arrow:hover .sd-line { stroke-width: 2.6; }
.sd-empty { position: absolute; inset: 40% 0 auto; text-align: center; color: var(--sd-quiet); font-size: 14px; pointer-events: none; }
.sd-said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) { .sd-scroller:focus-visible { outline-color: Highlight; } }
`;

/** @param {0 | 1} theme */
const names = (theme) => Object.entries(COLOURS).map(([name, pair]) => `--sd-${name}: ${pair[theme]};`).join(' ');

/** The colours follow `color-scheme`, so that a page with a switch of its own need say it only once. */
const both = () => Object.entries(COLOURS).map(([name, [light, dark]]) => `--sd-${name}: light-dark(${light}, ${dark});`).join(' ');

/** @param {string} rules @param {string} within */
const scoped = (rules, within) => rules.replace(/^(?=[.a-z])/gm, `${within} `).replaceAll(', .sd-', `, ${within} .sd-`);

export const LIVE_SHEET = `.sd { ${both()} }\n${scoped(PICTURE, '.sd')}${LIVING}`;

/** The style inside a picture that stands alone, which has to name both themes itself. */
export const ALONE_SHEET =
  `svg { ${names(0)} }\n@media (prefers-color-scheme: dark) { svg { ${names(1)} } }\n${PICTURE}`;
