import type { Context } from '../../api/http/route.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';

/** Of a context: nobody's browser, who may see everything. */
export const NOBODY: Pick<Context, 'whose' | 'visit'> = {
  whose: EVERYTHING,
  visit: { address: '', agent: '', token: null, isByCookie: false, device: null },
};
