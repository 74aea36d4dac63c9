export type { Place } from './renewal/due.ts';
export { type Ending, endingKey, nextEnding } from './renewal/ending.ts';
export { type Decided, type Renewals, renewNext } from './renewal/renew.ts';
export { nextUnpaid, type Unpaid } from './renewal/unpaid.ts';
