import type { HandlersOf } from '../runner/run-context.ts';
import { generate } from './generate.ts';

export const handlers = { generation: generate } satisfies HandlersOf<'generation'>;
