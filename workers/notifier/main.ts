import { runWorker } from '../run.ts';
import { drainOutbox } from './drain.ts';

await runWorker('notifier', { drain: drainOutbox });
