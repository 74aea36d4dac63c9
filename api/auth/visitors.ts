import { policy } from './policy.ts';

const open = Object.entries(policy)
  .filter(([, rule]) => rule.visitor === 'all')
  .map(([operation]) => {
    const [method = '', path = ''] = operation.split(' ');
    return { method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`) };
  });

/** The pages of the booking site; the forms on them are posted to the same paths. */
const SITE = /^\/(?:$|(?:hold|book|booked|visit|classes|enter|leave|s|join|cabinet|preview)(?:\/|$))/;
export const isSitePath = (path: string) => SITE.test(path);

/** Whether something at a path is for everybody; another method of such a path is answered by the path, too. */
export const isForVisitors = (method: string, path: string) =>
  isSitePath(path) ||
  open.some((route) => route.pattern.test(path) && (route.method === method || (method === 'HEAD' && route.method === 'GET')));
