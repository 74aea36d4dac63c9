import type { HandlersOf } from '../runner/run-context.ts';
import { operations } from './operations.ts';
import { tidyUp } from './tidy-up.ts';

export const handlers = { cleanup: tidyUp(operations) } satisfies HandlersOf<'cleanup'>;
