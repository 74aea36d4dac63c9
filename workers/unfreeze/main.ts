import { runWorker } from '../runner/run.ts';
import { unfreezeNight } from './unfreeze-night.ts';

await runWorker('unfreeze', { runs: { auto_unfreeze: unfreezeNight } });
