import { runWorker } from '../runner/run.ts';
import { renewNight } from './renew-night.ts';

await runWorker('renewal', { runs: { auto_renewal: renewNight } });
