import type { HandlersOf } from '../runner/run-context.ts';
import { unfreezeNight } from './unfreeze-night.ts';

export const handlers = { auto_unfreeze: unfreezeNight } satisfies HandlersOf<'unfreeze'>;
