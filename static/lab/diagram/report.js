/** What a report takes from the diagram: its entry into `syncbed/report/modules.py`. */

import { createDiagram as diagram } from './diagram.js';
import { QUIET as quiet } from './filter.js';

export const createDiagram = diagram;
export const QUIET = quiet;
