/**
 * How wide a text is, without asking the page to lay it out: each character is measured once.
 */

import { FONT } from './style.js';

/** A guess that needs no canvas. @param {string} text */
export const guess = (text) => text.length * 6.4;

export const createMeasure = () => {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return guess;
  context.font = `12px ${FONT}`;
  /** @type {Map<string, number>} */
  const known = new Map();
  return (/** @type {string} */ text) => {
    let width = 0;
    for (const character of text) {
      let own = known.get(character);
      if (own === undefined) known.set(character, (own = context.measureText(character).width));
      width += own;
    }
    return width;
  };
};
