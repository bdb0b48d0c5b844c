/**
 * The connection's states, in one table.
 *
 *     disconnected --connect--> connecting --opened--> connected
 *                                   |                     | closed
 *                                   +------ closed -------+--> reconnecting (waiting <-> trying)
 *
 * The application sees four states. Two of them have two phases, which have rows of their own so that no
 * row needs an `if`: `disconnected` is idle (asked for: final) or gave up (starts again by itself when the
 * browser wakes), `reconnecting` waits for its timer or is trying.
 *
 * What is not in a row changes nothing, and `disconnect` ends in the same place from everywhere.
 */

/** @typedef {'disconnected' | 'connecting' | 'connected' | 'reconnecting'} State */
/** @typedef {'idle' | 'gave-up' | 'connecting' | 'connected' | 'waiting' | 'trying'} Phase */
/** @typedef {'connect' | 'disconnect' | 'wake' | 'opened' | 'closed' | 'exhausted'} Happening */
/** @typedef {Partial<Record<Happening, Phase>>} Row */

/** @type {Row} */
const attempt = { opened: 'connected', closed: 'waiting', exhausted: 'gave-up' };

/** @type {Record<Phase, Row>} */
export const transitions = {
  idle: { connect: 'connecting' },
  'gave-up': { connect: 'connecting', wake: 'connecting' },
  connecting: attempt,
  connected: { closed: 'waiting', exhausted: 'gave-up' },
  waiting: { connect: 'trying', wake: 'trying' },
  trying: attempt,
};

/** @type {Partial<Record<Phase, State>>} */
const states = { idle: 'disconnected', 'gave-up': 'disconnected', waiting: 'reconnecting', trying: 'reconnecting' };

/** What the application sees. @param {Phase} phase */
export const stateOf = (phase) => states[phase] ?? /** @type {State} */ (phase);

/** @param {Phase} phase @param {Happening} happening @returns {Phase} */
export const next = (phase, happening) => (happening === 'disconnect' ? 'idle' : (transitions[phase][happening] ?? phase));
