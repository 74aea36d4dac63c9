import type { Json } from '../support/front-door.ts';
import { aimed, fitting, type Random } from './values.ts';

/** A request as it goes out: the path with its query, the body as bytes. */
export type Shot = { method: string; path: string; headers: Record<string, string>; body?: Buffer };
export type Operation = { method: string; path: string; parameters: Json[]; body?: Json };

/** Every operation of the document, except those whose answer does not end, and the one that answers 503 where something is down. */
export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths)
    .filter(([path]) => path !== '/health/ready')
    .flatMap(([path, methods]) =>
      Object.entries<Json>(methods)
        .filter(([, operation]) => !operation.responses?.['200']?.content?.['text/event-stream'])
        .map(([method, operation]) => ({
          method: method.toUpperCase(),
          path,
          parameters: operation.parameters ?? [],
          body: operation.requestBody?.content?.['application/json']?.schema,
        })),
    );
}

const ODD_PATHS = [
  '/nowhere',
  '//',
  '/%00',
  '/%ff',
  '/api/students/%2e%2e',
  `/${'x'.repeat(8_000)}`,
  '/queues/api/queues/%00',
  '/api/students/1/../2',
  '/?',
  '/api//students',
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE'];
const TYPES = [
  'application/json',
  'text/plain',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  '',
];
const ENCODINGS = ['gzip', 'br', 'identity', 'zstd', 'x'];

/** A request that is right as far as the document says, with something wrong in it three times out of four. */
export function shoot(operations: readonly Operation[], document: Json, chance: Random): Shot {
  const operation = chance.one(operations);
  const isBad = chance.chance(0.75);
  const bad = (part: number) => isBad && chance.chance(part);
  const drawn = (parameter: Json) => (bad(0.3) ? aimed(chance) : idOr(parameter, document, chance));
  const at = (where: string) => operation.parameters.filter((parameter) => parameter.in === where);
  const path = at('path').reduce(
    (whole, parameter) => whole.replace(`{${parameter.name}}`, inUrl(drawn(parameter))),
    operation.path,
  );
  const query = at('query')
    .filter((parameter) => parameter.required || chance.chance(0.4))
    .flatMap((parameter) => Array.from({ length: bad(0.1) ? 2 : 1 }, () => `${parameter.name}=${inUrl(drawn(parameter))}`));
  if (bad(0.1)) query.push(chance.one(['x=1', '=', '%', 'a[b]=1', '__proto__=1', 'limit=1&limit=2', 'cursor=e30', 'q=%ff']));
  const shot: Shot = {
    method: bad(0.05) ? chance.one(METHODS) : operation.method,
    path: bad(0.03) ? chance.one(ODD_PATHS) : path + (query.length > 0 ? `?${query.join('&')}` : ''),
    headers: {},
  };
  if (operation.body || bad(0.05)) {
    shot.headers['Content-Type'] = bad(0.05) ? chance.one(TYPES) : 'application/json';
    shot.body = bytes(operation.body, document, chance, bad);
  }
  if (bad(0.03)) shot.headers['Content-Encoding'] = chance.one(ENCODINGS);
  if (chance.chance(0.1)) shot.headers['Idempotency-Key'] = chance.one(['a', 'b', `k${chance.below(1_000)}`, 'x'.repeat(300)]);
  if (bad(0.05)) shot.headers.Prefer = chance.one(['wait=0', 'wait=-1', 'wait=1', 'wait=x', 'wait="1', 'respond-async']);
  return shot;
}

/** Ids that are there are more interesting than those that are not. */
const idOr = ({ schema }: Json, document: Json, chance: Random) =>
  schema?.type === 'integer' && (schema.maximum ?? 0) > 1_000
    ? chance.one([1, 2, 3, 5, 8, 99_999, 2_147_483_647])
    : fitting(schema, document, chance);

function inUrl(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return encodeURIComponent(text.toWellFormed()).slice(0, 2_000).replace(/%.?$/, '');
}

function bytes(schema: Json, document: Json, chance: Random, bad: (part: number) => boolean): Buffer {
  let value = fitting(schema, document, chance);
  if (value && typeof value === 'object' && !Array.isArray(value)) {
    for (const name of Object.keys(value)) {
      if (/_id$/.test(name) && chance.chance(0.7)) value[name] = chance.one([1, 2, 3, 5, 8]);
      if (bad(0.15)) value[name] = aimed(chance);
      if (bad(0.05)) delete value[name];
    }
    if (bad(0.05)) value[chance.one(['x', '__proto__', '', '\0', 'y'.repeat(10_000)])] = aimed(chance);
  }
  if (bad(0.05)) value = aimed(chance);
  const text = JSON.stringify(value) ?? '';
  if (bad(0.02)) return Buffer.from(text.slice(0, chance.below(text.length + 1)));
  if (bad(0.02)) return Buffer.from(text.replace(/^\{(("[^"]*"):[^,}]*)/, '{$1,$2:1'));
  if (bad(0.02)) return Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])]);
  if (bad(0.02)) return Buffer.from(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
  if (bad(0.01)) return Buffer.from(`{"a": "${'x'.repeat(200_000)}"}`);
  return Buffer.from(text.replaceAll('\\\\u', '\\u'));
}

/** The request as somebody would repeat it by hand. */
export function curlOf({ method, path, headers, body }: Shot, url: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const shown = Object.entries({ 'X-API-Key': '$KEY', ...headers }).map(
    ([name, value]) => `-H ${name === 'X-API-Key' ? `"${name}: ${value}"` : quoted(`${name}: ${value}`)}`,
  );
  const data = body
    ? [
        `--data-binary @<(echo ${body.length > 4_000 ? `${body.subarray(0, 4_000).toString('base64')}...` : body.toString('base64')} | base64 -d)`,
      ]
    : [];
  return ['curl --path-as-is -i', `-X ${method}`, ...shown, ...data, quoted(url + path)].join(' ');
}
