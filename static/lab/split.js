/** The line between the panes and the diagram: dragged, or moved by the arrow keys; remembered. */

const KEPT = 'syncbed lab pane height';
const [MIN, MAX, STEP] = [96, 620, 24];

/** @param {HTMLElement} split @param {HTMLElement} stage */
export const mountSplit = (split, stage) => {
  let height = 0;
  const become = (wanted) => {
    height = Math.max(MIN, Math.min(MAX, Math.round(wanted)));
    stage.style.setProperty('--pane-height', `${height}px`);
    split.setAttribute('aria-valuenow', String(height));
    localStorage.setItem(KEPT, String(height));
  };
  split.setAttribute('aria-valuemin', String(MIN));
  split.setAttribute('aria-valuemax', String(MAX));
  become(Number(localStorage.getItem(KEPT)) || Math.min(250, innerHeight * 0.28));

  split.addEventListener('keydown', ({ key }) => {
    const by = { ArrowDown: STEP, ArrowUp: -STEP }[key];
    if (by) become(height + by);
  });
  split.addEventListener('pointerdown', (event) => {
    const [from, was] = [event.clientY, height];
    split.setPointerCapture(event.pointerId);
    const move = (moved) => become(was + moved.clientY - from);
    split.addEventListener('pointermove', move);
    split.addEventListener('lostpointercapture', () => split.removeEventListener('pointermove', move), { once: true });
    event.preventDefault();
  });
};
