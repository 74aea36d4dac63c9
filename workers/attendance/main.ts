import { runWorker } from '../runner/run.ts';
import { markPresent } from './mark-present.ts';

await runWorker('attendance', { runs: { attendance: markPresent } });
