import { runWorker } from '../runner/run.ts';
import { drainChanges } from './drain-changes.ts';
import { handlers } from './handlers.ts';

await runWorker('slot-recalc', { runs: handlers, drain: drainChanges });
