import { z } from 'zod';

/** The fields bodies are made of; each says what it accepts and shows something that it would. Text is in `http/text.ts`. */
export const whole = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .meta({ examples: [Math.max(1, least)] });
};
export const id = whole(1, 2_147_483_647);
/** The id of somebody whose part in it the field's name does not tell. */
export const idOf = (whom: string) => id.meta({ description: `the id of ${whom}` });
/** An amount of money. */
export const minor = (least: number) => {
  const error = `a whole number of minor units of the currency from ${least} to ${MOST_MINOR}`;
  return z
    .int({ error })
    .min(least, { error })
    .max(MOST_MINOR, { error })
    .meta({ examples: [150_000] });
};
const MOST_MINOR = 1_000_000_000_000;
export const time = z
  .string({ error: 'a wall time, HH:MM' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, { error: 'a wall time, HH:MM' })
  .meta({ examples: ['18:00'] });
export const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, { error: `one of ${values.join(', ')}` });

/** A term (D48): days, or months from a day of one month to the day before that day of another. Exactly one of the two is given. */
export const termFields = {
  validity_days: whole(1, 3_660)
    .nullable()
    .optional()
    .meta({ description: 'its term in days; null: it is in months', examples: [30] }),
  validity_months: whole(1, 120)
    .nullable()
    .optional()
    .meta({
      description: 'its term in months, so that one from 31 January ends on 27 February; null: it is in days',
      examples: [1],
    }),
};
export const termRow = { validity_days: z.int().nullable(), validity_months: z.int().nullable() };
const ONE_TERM = 'either validity_days or validity_months, the other null';
/** What is wrong with a term, or null. @param isNeeded whether a record without any is wrong, too */
export function wrongTerm(body: Record<string, unknown>, isNeeded: boolean) {
  const given = [body.validity_days, body.validity_months].filter((term) => term != null).length;
  return given > 1 || (isNeeded && given === 0)
    ? { path: given > 1 ? 'validity_months' : 'validity_days', message: ONE_TERM }
    : null;
}

/** Whether an answer only says what would become of something. */
export const isDry = z
  .boolean({ error: 'true or false' })
  .default(false)
  .meta({ description: 'true: says what would become of it, and changes nothing', examples: [true] });
