import type { z } from 'zod';
import type { Locale } from '../../queues/texts.ts';

/** In whose words, on whose clock, in which money. */
export type Reader = { locale: Locale; zone: string; currency: string };

/** A template: what its params must be, and its paragraphs. */
export type Template = { lines(params: unknown, reader: Reader): string[] };

export const template = <S extends z.ZodType>(schema: S, lines: (params: z.output<S>, reader: Reader) => string[]): Template => ({
  lines: (params, reader) => lines(schema.parse(params), reader),
});
