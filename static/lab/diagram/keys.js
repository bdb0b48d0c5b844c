/**
 * The keyboard, while the diagram has the focus. A page that handles these keys itself looks at `defaultPrevented`.
 */

/**
 * @param {Element} host
 * @param {any} diagram
 * @param {(i: number | null) => void} select
 * @param {(i: number | null) => void} setCursor
 */
export const onKeys = (host, diagram, select, setCursor) => {
  /** @type {Record<string, () => void>} */
  const does = {
    j: () => diagram.next('event'),
    ArrowDown: () => diagram.next('event'),
    k: () => diagram.previous('event'),
    ArrowUp: () => diagram.previous('event'),
    ']': () => diagram.next('violation'),
    '[': () => diagram.previous('violation'),
    '}': () => diagram.next('command'),
    '{': () => diagram.previous('command'),
    Home: () => setCursor(0),
    End: () => setCursor(null),
    Enter: () => select(diagram.cursor),
    t: () => diagram.toggleAxis(),
    Escape: () => (diagram.selected === null ? setCursor(null) : select(null)),
  };
  host.addEventListener('keydown', (/** @type {any} */ event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = does[event.key] ?? does[event.key.toLowerCase()];
    if (!act) return;
    if (event.key === 'Enter' && diagram.cursor === null) return; // nothing to look at: the page may want it
    event.preventDefault();
    act();
  });
};
