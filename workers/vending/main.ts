import { runWorker } from '../runner/run.ts';
import { handlersWith } from './handlers.ts';
import { knownServices } from './services.ts';

await runWorker('vending', { runs: handlersWith(knownServices) });
