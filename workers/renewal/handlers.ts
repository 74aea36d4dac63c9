import type { HandlersOf } from '../runner/run-context.ts';
import { renewNight } from './renew-night.ts';

export const handlers = { auto_renewal: renewNight } satisfies HandlersOf<'renewal'>;
