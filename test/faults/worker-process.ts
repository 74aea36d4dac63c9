import type { Noun } from '../../queues/jobs/catalog.ts';
import { ownProcess } from './own-process.ts';

export type WorkerProcess = Awaited<ReturnType<typeof workerProcess>>;

/** A worker as PM2 runs it. */
export const workerProcess = (noun: Noun, settings: NodeJS.ProcessEnv) => ownProcess(`workers/${noun}/main.ts`, settings);
