import { isDeepStrictEqual } from 'node:util';
import { problemBody } from '../../api/http/problems.ts';
import { routes } from '../../api/routes/all.ts';

const patterns = routes.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(/[.]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The route a request meets, or undefined where there is none. */
export const routeAt = (method: string, path: string) =>
  patterns.find(({ route, pattern }) => route.method === method.toLowerCase() && pattern.test(path.split('?', 1)[0] ?? ''))
    ?.route;

/**
 * Why a JSON answer is not what the published contract says: a field that is missing, wrong, or not in it. Undefined when it is.
 * Every refusal is a problem; what is no route of ours is nobody's contract.
 */
export function breach(method: string, path: string, status: number, body: unknown): string | undefined {
  const route = routeAt(method, path);
  if (!route || body === undefined) return undefined;
  const schema = route.responses[status] ?? (status >= 400 ? problemBody : undefined);
  if (!schema) return `the contract has no answer ${status}`;
  const parsed = schema.safeParse(body);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  if (isDeepStrictEqual(parsed.data, body)) return undefined;
  return `the contract knows only ${JSON.stringify(parsed.data)} of ${JSON.stringify(body)}`;
}
