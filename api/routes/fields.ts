import { z } from 'zod';
import { isPlainText, PLAIN_TEXT } from '../plain-text.ts';

/** The fields bodies are made of; each says what it accepts. */
export const text = (most: number, least = 1) => {
  const error = `text of ${least} to ${most} characters`;
  return z.string({ error }).trim().min(least, { error }).max(most, { error }).refine(isPlainText, { error: PLAIN_TEXT });
};
export const whole = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
export const id = whole(1, 2_147_483_647);
export const flag = z.boolean({ error: 'true or false' });
export const time = z
  .string({ error: 'a wall time, HH:MM' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, { error: 'a wall time, HH:MM' });
export const phone = z
  .string({ error: 'a phone number such as +79001234567' })
  .regex(/^\+[1-9]\d{6,14}$/, { error: 'a phone number such as +79001234567' });
export const email = z.email({ error: 'an e-mail address' }).max(254, { error: 'an e-mail address of at most 254 characters' });
export const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, { error: `one of ${values.join(', ')}` });
