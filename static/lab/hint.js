/** Said once, to who is here for the first time. */

const SEEN = 'syncbed lab seen';

/** @param {import('./types.js').Lab} lab @param {HTMLElement} hint */
export const mountHint = (lab, hint) => {
  const done = () => {
    localStorage.setItem(SEEN, 'yes');
    hint.hidden = true;
  };
  hint.querySelector('[data-does="gallery"]')?.addEventListener('click', () => {
    done();
    lab.run('gallery');
  });
  hint.querySelector('[data-does="done"]')?.addEventListener('click', done);
  hint.hidden = localStorage.getItem(SEEN) === 'yes';
};
