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
 * A cell that names its own row changes nothing. A pair that is not in the table cannot happen: a timer that
 * was cleared and a socket that was superseded are not heard, see connection.js.
 */

/** @typedef {'disconnected' | 'connecting' | 'connected' | 'reconnecting'} State */
/** @typedef {'idle' | 'gave-up' | 'connecting' | 'connected' | 'waiting' | 'trying'} Phase */
/** @typedef {'connect' | 'disconnect' | 'wake' | 'opened' | 'closed' | 'refused' | 'exhausted' | 'due'} Happening */

/** @type {Record<Phase, {state: State, on: Partial<Record<Happening, Phase>>}>} */
export const transitions = {
  idle: {
    state: 'disconnected',
    on: { connect: 'connecting', disconnect: 'idle' },
  },
  'gave-up': {
    state: 'disconnected',
    on: { connect: 'connecting', wake: 'connecting', disconnect: 'idle' },
  },
  connecting: {
    state: 'connecting',
    on: {
      opened: 'connected', closed: 'waiting', refused: 'idle', exhausted: 'gave-up',
      connect: 'connecting', wake: 'connecting', disconnect: 'idle',
    },
  },
  connected: {
    state: 'connected',
    on: {
      closed: 'waiting', refused: 'idle', exhausted: 'gave-up',
      connect: 'connected', wake: 'connected', disconnect: 'idle',
    },
  },
  waiting: {
    state: 'reconnecting',
    on: { due: 'trying', connect: 'trying', wake: 'trying', disconnect: 'idle' },
  },
  trying: {
    state: 'reconnecting',
    on: {
      opened: 'connected', closed: 'waiting', refused: 'idle', exhausted: 'gave-up',
      connect: 'trying', wake: 'trying', disconnect: 'idle',
    },
  },
};

/**
 * @param {Phase} phase
 * @param {Happening} happening
 * @returns {Phase}
 */
export const next = (phase, happening) => {
  const to = transitions[phase]?.on[happening];
  if (to === undefined) throw new Error(`a connection that is ${phase} cannot take '${happening}'`);
  return to;
};
