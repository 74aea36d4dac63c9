import { runWorker } from '../runner/run.ts';
import { handlers } from './handlers.ts';

await runWorker('generation', { runs: handlers });
