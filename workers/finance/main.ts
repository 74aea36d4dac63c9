import { runWorker } from '../run.ts';
import { chargeNight } from './charge-night.ts';
import { combineDaily } from './combine-daily.ts';

await runWorker('finance', { runs: { finance: chargeNight, daily: combineDaily } });
