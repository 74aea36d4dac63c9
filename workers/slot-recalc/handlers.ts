import type { HandlersOf } from '../runner/run-context.ts';
import { recalculateDays } from './recalculate-days.ts';
import { rollHorizon } from './roll-horizon.ts';

export const handlers = { slot_recalc: recalculateDays, slots: rollHorizon } satisfies HandlersOf<'slot-recalc'>;
