import { Problem } from '../http/problems.ts';

/**
 * A 401 with how one may say who one is.
 * @param basic whether a browser may be asked for a password
 * @param bearer the challenge for whoever came with a token
 */
export function unknownCaller(detail: string, basic: boolean, bearer?: string) {
  const challenge =
    bearer ??
    (basic ? 'Basic realm="Studio Fleet: any name, the key as password", charset="UTF-8"' : 'ApiKey header="X-API-Key"');
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
}
