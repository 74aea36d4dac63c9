import type { HandlersOf } from '../runner/run-context.ts';
import { chargeNight } from './charge-night.ts';
import { combineDaily } from './combine-daily.ts';

export const handlers = { finance: chargeNight, daily: combineDaily } satisfies HandlersOf<'finance'>;
