import { runWorker } from '../runner/run.ts';
import { operations } from './operations.ts';
import { tidyUp } from './tidy-up.ts';

await runWorker('cleanup', { runs: { cleanup: tidyUp(operations) } });
