import type { z } from 'zod';
import type { Locale } from '../texts/texts.ts';

/** In whose words, on whose clock, in which money. */
export type Reader = { locale: Locale; zone: string; currency: string };

/** A paragraph; as an object, one that stands out. */
export type Line = string | { bold: string };
/** Rows of buttons: what stands on each, and what pressing it sends (at most 64 bytes). */
export type Buttons = { text: string; data: string }[][];

/** A template: what its params must be, its paragraphs, and the buttons under them. */
export type Template = {
  lines(params: unknown, reader: Reader): Line[];
  buttons?(params: unknown, reader: Reader): Buttons;
};

export const template = <S extends z.ZodType>(
  schema: S,
  lines: (params: z.output<S>, reader: Reader) => Line[],
  buttons?: (params: z.output<S>, reader: Reader) => Buttons,
): Template => ({
  lines: (params, reader) => lines(schema.parse(params), reader),
  buttons: buttons && ((params, reader) => buttons(schema.parse(params), reader)),
});
