import { keepCopying } from '../backups/copy.ts';
import { runWorker } from '../runner/run.ts';
import { handlers } from './handlers.ts';

await runWorker('cleanup', { runs: handlers, beside: keepCopying });
