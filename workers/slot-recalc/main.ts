import { runWorker } from '../runner/run.ts';
import { drainChanges } from './drain-changes.ts';
import { recalculateDays } from './recalculate-days.ts';
import { rollHorizon } from './roll-horizon.ts';

await runWorker('slot-recalc', { runs: { slot_recalc: recalculateDays, slots: rollHorizon }, drain: drainChanges });
