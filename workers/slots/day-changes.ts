import { z } from 'zod';
import { hexOf } from './bits.ts';
import type { Calculated } from './calculate.ts';

const bits = z.string().regex(/^[0-9a-f]{24}$/, { error: '24 hexadecimal digits' });
const daysTold = z.object({ specialist_id: z.int(), version: z.int(), days: z.record(z.iso.date(), bits) });

/** Days that were rewritten: 96 bits each, as hexadecimal text. Of two tellings the one with the higher version holds. */
export type DaysTold = z.output<typeof daysTold>;

const json = z.string().transform((text, { addIssue }) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    addIssue({ code: 'custom', message: 'no JSON' });
    return z.NEVER;
  }
});
const message = json.pipe(daysTold);

/** What a message says, or what is wrong with it: whoever may log in can write on the channel. */
export const readTold = (text: string) => message.safeParse(text);

export const writeTold = ({ specialistId, version, days }: Calculated): string =>
  JSON.stringify({
    specialist_id: specialistId,
    version,
    days: Object.fromEntries(days.map(({ day, grid }) => [day, hexOf(grid.free)])),
  } satisfies DaysTold);
