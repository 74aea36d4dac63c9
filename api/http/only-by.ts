import type { RequestHandler } from 'express';
import { Problem } from './problems.ts';

/** Refuses whatever came this far, with the methods that are accepted (405). */
export function onlyBy(...methods: string[]): RequestHandler {
  const allowed = methods.join(', ');
  return (request) => {
    throw new Problem(405, `${request.method} is not possible here; accepted: ${allowed}`, { headers: { Allow: allowed } });
  };
}
