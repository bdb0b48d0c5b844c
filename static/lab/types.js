/**
 * The shapes that come over the live connection, for the editor and for the reader. No code.
 *
 * @typedef {[i: number, at_ms: number, source: string, kind: string, told: string, rest: any]} Row
 *
 * @typedef {{ id: number | string, name: string, head: boolean, profile: string, tab: string, upstream: string,
 *   direction: 'up' | 'down', layer: string, stage: string, method?: string, path?: string, status?: number,
 *   mutation?: string, refused?: Record<string, string>, impossible?: string[], label: string, size_bytes?: number, payload?: string }} InFlight  what waits at the wire
 * @typedef {{ owner: string, name: string, in_ms: number, reachable?: boolean }} Timer
 * @typedef {{ id: string, title: string, acted: number, rule?: any }} FaultInForce
 * @typedef {{ tab: string, profile: string, number: number, url: string, kind: 'pane' | 'window' | 'page',
 *   state: string, pending: number, live: boolean, document?: string, leader: boolean, offline?: boolean }} Tab
 * @typedef {{ i: number, told: string }} Witness
 * @typedef {{ invariant: string, status: string, exercised: number, reason: string, witness: Witness[] }} Finding
 * @typedef {{ status: string, reason: string, final: boolean, findings: Finding[] }} Verdict
 * @typedef {{ name: string, title: string, step: number, steps: number, paused: string | null,
 *   off_script: boolean }} Progress
 *
 * @typedef {{ mode: 'free' | 'held', driver: 'panes' | 'tabs', busy: string, in_flight: InFlight[],
 *   timers: Timer[], faults: FaultInForce[], tabs: Tab[], servers: { name: string, up: boolean }[],
 *   redis: { up: boolean } | null, not_repeatable: string[], scenario: Progress | null, bug: string | null,
 *   verdict: Verdict | null, recording: boolean, records: number }} LabState
 *
 * @typedef {{ name: string, title: string, about: string, group: string, bug?: string | null,
 *   twin_of?: string | null, needs: string[], refused: string[] }} Card  a scenario of the gallery
 * @typedef {{ id: string, title: string, rule: any, key?: string, needs_tab: boolean }} FaultOffered
 * @typedef {{ version: string, gallery: Card[], faults: FaultOffered[], zoo: any[], wire_strips: string[] }} Hello
 * @typedef {{ name?: string, title: string, about?: string, raw?: any }} Scenario
 *
 * @typedef {{ id: number | string, title: string, text: string, kind: 'bad' | 'note' }} Notice
 *
 * @typedef {import('./store.js').Store} Store
 * @typedef {{ store: Store, send: (name: string, about?: object) => Promise<any>, ask: (name: string,
 *   about?: object) => Promise<any>, diagram: any, notices: any, dialogs: Record<string, () => void>,
 *   panes: any, commands: import('./commands.js').Command[], run: (id: string) => void }} Lab
 */

export {};
