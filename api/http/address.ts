import type { RequestHandler } from 'express';
import { Problem } from './problems.ts';

/** Refuses (400) an address that is no text: half an escape, bytes that are no UTF-8, or a NUL. */
export const readableAddress: RequestHandler = (request, _response, next) => {
  if (!isReadable(request.originalUrl)) throw new Problem(400, 'the address is not readable: it must be UTF-8 without NUL');
  next();
};

export function isReadable(url: string): boolean {
  try {
    return !decodeURIComponent(url).includes('\0');
  } catch {
    return false;
  }
}

/** Answers behind a key concern people: nobody on the way keeps them. Files that are the same for everybody may be kept. */
export const notKept: RequestHandler = (request, response, next) => {
  if (!/^\/(docs|queues\/static)\/./.test(request.path)) response.set('Cache-Control', 'no-store');
  next();
};
