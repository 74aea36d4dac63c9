import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const [brotli, zip] = [promisify(brotliCompress), promisify(gzip)];
/** Most of what the best of brotli saves, in a millisecond. */
const QUALITY = 5;
/** The smaller one first. */
const ENCODINGS = ['br', 'gzip'] as const;

/** Sends a text as small as the browser takes it, so that a first page is there with the first packets of a connection. */
export async function sendPacked(request: Request, response: Response, text: string, mayPack: boolean): Promise<void> {
  response.vary('Accept-Encoding');
  const encoding = mayPack && ENCODINGS.find((one) => request.acceptsEncodings(one));
  if (encoding === 'br') {
    const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
    response.set('Content-Encoding', 'br').send(await brotli(text, { params }));
  } else if (encoding === 'gzip') response.set('Content-Encoding', 'gzip').send(await zip(text));
  else response.send(text);
}
