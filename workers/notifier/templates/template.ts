import type { Locale } from '../../../sql/database/locale.ts';
import { catalog, type MessageName, type ParamsOf } from '../../../sql/notifications/catalog.ts';

/** In whose words, on whose clock, in which money. */
export type Reader = { locale: Locale; zone: string; currency: string };

/** A paragraph; as an object, one that stands out. */
export type Line = string | { bold: string };
/** Rows of buttons: what stands on each, and what pressing it sends (at most 64 bytes). */
export type ButtonRows = { text: string; data: string }[][];

/** How a message of the catalog reads: its paragraphs, and the buttons under them. Params that do not fit throw a ZodError. */
export type Template<N extends MessageName = MessageName> = {
  name: N;
  lines(params: unknown, reader: Reader): Line[];
  buttons?(params: unknown, reader: Reader): ButtonRows;
  /** Makes the picture, a PNG, that stands above the text where the channel can show one. */
  picture?(params: unknown, reader: Reader): Promise<Buffer>;
};

export function template<N extends MessageName>(
  name: N,
  lines: (params: ParamsOf<N>, reader: Reader) => Line[],
  buttons?: (params: ParamsOf<N>, reader: Reader) => ButtonRows,
  picture?: (params: ParamsOf<N>, reader: Reader) => Promise<Buffer>,
): Template<N> {
  const read = (params: unknown) => catalog[name].params.parse(params) as ParamsOf<N>;
  return {
    name,
    lines: (params, reader) => lines(read(params), reader),
    buttons: buttons && ((params, reader) => buttons(read(params), reader)),
    picture: picture && ((params, reader) => picture(read(params), reader)),
  };
}

/** A template for each of some messages, each under its own name. */
export type Templates<N extends MessageName> = { [K in N]: Template<K> };
