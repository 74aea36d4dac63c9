import { runWorker } from '../runner/run.ts';
import { generate } from './generate.ts';

await runWorker('generation', { runs: { generation: generate } });
