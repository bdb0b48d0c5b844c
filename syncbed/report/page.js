{
  const { createDiagram, QUIET } = $modules;
  const ROWS_AT_ONCE = 1000;
  const run = JSON.parse(document.getElementById('run').textContent);
  const at = (id) => document.getElementById(id);

  /** An element with text, which is never read as HTML. */
  const element = (name, text = '', attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const within = (parent, ...children) => {
    parent.append(...children);
    return parent;
  };
  const words = (name) => name.replaceAll('_', ' ');

  // The verdict

  at('verdict').textContent = run.verdict;
  at('verdict').dataset.status = run.verdict;
  at('title').textContent = run.title;
  at('reason').textContent = run.reason;
  at('expected').textContent =
    (run.asExpected ? `As expected: ${run.expected}.` : `Not as expected: the scenario says ${run.expected}.`) +
    (run.because ? ` It says why: ${run.because}.` : '');
  at('doubts').hidden = run.doubts.length === 0;
  at('doubts').querySelector('ul').append(...run.doubts.map((doubt) => element('li', doubt)));

  const linkTo = (i) => element('a', `#${i}`, { href: `#r${i}` });
  const broken = run.findings.filter(({ status }) => status === 'violated');
  for (const { invariant, says, reason, witness, judged } of broken) {
    const list = element('ol');
    for (const { i, told } of witness) {
      list.append(within(element('li'), linkTo(i), ` ${told.replace(/^#\d+ /, '')}`));
    }
    const heading = `Violated: ${words(invariant)}${judged ? '' : ' (not judged here)'}`;
    at('witnesses').append(
      within(
        element('section', '', { class: 'witness' }),
        element('h2', heading), element('p', says, { class: 'quiet' }), element('p', reason), list,
      ),
    );
  }

  for (const { invariant, status, exercised, reason, says, judged } of run.findings) {
    at('findings').tBodies[0].append(
      within(
        element('tr', '', judged ? {} : { class: 'unjudged' }),
        within(element('td', words(invariant)), element('small', judged ? says : `${says}; not judged here`)),
        within(element('td'), element('span', status, { 'data-status': status })),
        element('td', String(exercised), { class: 'number' }),
        element('td', reason),
      ),
    );
  }

  // The run

  at('about').textContent = run.about;
  for (const [name, value] of run.facts) at('facts').append(element('dt', name), element('dd', value));
  at('steps').querySelector('summary').textContent = `${run.steps.length} steps`;
  at('steps').querySelector('ol').append(...run.steps.map((step) => element('li', step)));
  at('uncontrolled').hidden = run.uncontrolled.length === 0;
  at('uncontrolled').querySelector('ul').append(...run.uncontrolled.map((what) => element('li', what)));

  // The diagram

  const diagram = createDiagram(at('diagram'), { live: false, onSelect: (i) => tellSelected(i) });
  diagram.reset(run.records[0]?.[5]);
  diagram.append(run.records);
  diagram.setWitness(broken.filter(({ judged }) => judged).flatMap(({ witness }) => witness.map(({ i }) => i)));
  const tellSelected = (i) => {
    if (i === null) at('selected').textContent = 'Nothing is selected.';
    else at('selected').replaceChildren(linkTo(i), ` ${run.records[i][4]}`);
  };
  for (const { id, kind } of diagram.lanes()) {
    if (kind === 'tab') at('only').append(element('option', id, { value: id }));
  }
  for (const [name, called] of Object.entries({ ...QUIET, all: 'everything' })) {
    at('also').append(element('option', called, { value: name }));
  }
  const sift = () => diagram.filter({
    text: at('seek').value,
    tabs: at('only').value === '' ? [] : [at('only').value],
    show: at('also').value === '' ? [] : [at('also').value],
  });
  for (const id of ['seek', 'only', 'also']) at(id).addEventListener('input', sift);
  at('axis').addEventListener('click', () => diagram.toggleAxis());
  at('diagram').addEventListener('axis', ({ detail }) => at('axis').setAttribute('aria-pressed', String(detail === 'time')));
  at('picture').addEventListener('click', () => {
    const address = URL.createObjectURL(new Blob([diagram.svg({ title: run.title })], { type: 'image/svg+xml' }));
    element('a', '', { href: address, download: 'diagram.svg' }).click();
    URL.revokeObjectURL(address);
  });

  // The trace

  const told = new Set(broken.flatMap(({ witness }) => witness.map(({ i }) => i)));
  const texts = run.records.map(([, , source, kind, tells, rest]) =>
    `${source} ${kind} ${tells} ${JSON.stringify(rest)}`.toLowerCase());
  const counts = new Map();
  for (const [, , , kind] of run.records) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const boxes = [...counts].map(([kind, count]) => {
    const box = element('input', '', { type: 'checkbox', value: kind });
    box.checked = true;
    at('kinds').append(within(element('label'), box, `${words(kind)} ${count}`));
    return box;
  });
  for (const source of new Set(run.records.map(([, , name]) => name))) {
    at('source').append(element('option', source, { value: source }));
  }

  const row = ([i, atMs, source, kind, tells, rest]) => {
    const summary = within(
      element('summary'),
      element('span', `#${i}`, { class: 'index' }),
      element('span', `${atMs.toFixed(1)}`, { class: 'at', title: 'ms, by the clock of its source' }),
      element('span', source, { class: 'source' }),
      element('span', words(kind), { class: 'kind' }),
      element('span', tells, { class: 'what' }),
    );
    const details = within(element('details'), summary);
    details.addEventListener('toggle', () => {
      if (details.open && !details.querySelector('pre')) {
        details.append(element('pre', JSON.stringify(rest, null, 2)));
      }
    });
    const item = within(element('li', '', { id: `r${i}` }), details);
    item.classList.toggle('told', told.has(i));
    return item;
  };

  let matching = [];
  let shown = 0;
  const showMore = (count) => {
    const next = matching.slice(shown, shown + count);
    at('trace').append(...next.map(row));
    shown += next.length;
    const left = matching.length - shown;
    at('more').hidden = left === 0;
    at('more').textContent = `Show ${Math.min(left, ROWS_AT_ONCE)} more of ${left}`;
  };
  const filter = () => {
    const sought = at('find').value.trim().toLowerCase();
    const source = at('source').value;
    const kinds = new Set(boxes.filter(({ checked }) => checked).map(({ value }) => value));
    matching = run.records.filter(([i, , from, kind]) =>
      kinds.has(kind) && (source === '' || from === source) && texts[i].includes(sought));
    at('trace').replaceChildren();
    shown = 0;
    showMore(ROWS_AT_ONCE);
    at('count').textContent = `${matching.length} of ${run.records.length}`;
  };
  const clear = () => {
    at('find').value = '';
    at('source').value = '';
    for (const box of boxes) box.checked = true;
    filter();
  };
  at('find').addEventListener('input', filter);
  at('source').addEventListener('change', filter);
  at('kinds').addEventListener('change', filter);
  at('clear').addEventListener('click', clear);
  at('more').addEventListener('click', () => showMore(ROWS_AT_ONCE));

  /** A link to a record shows it, whatever is filtered out just now. */
  const follow = () => {
    const [, number] = /^#r(\d+)$/.exec(location.hash) ?? [];
    if (number === undefined) return;
    if (!at(`r${number}`)) clear();
    while (!at(`r${number}`) && shown < matching.length) showMore(ROWS_AT_ONCE);
    const item = at(`r${number}`);
    if (!item) return;
    diagram.select(Number(number));
    tellSelected(Number(number));
    item.querySelector('details').open = true;
    item.scrollIntoView({ block: 'center' });
    item.querySelector('summary').focus();
  };
  addEventListener('hashchange', follow);
  document.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement && target.hash === location.hash) follow();
  });
  filter();
  follow();
}
