import type { HandlersOf } from '../runner/run-context.ts';
import { markPresent } from './mark-present.ts';

export const handlers = { attendance: markPresent } satisfies HandlersOf<'attendance'>;
