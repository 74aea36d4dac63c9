import { z } from 'zod';
import { createDocument, type ZodOpenApiOverride, type ZodOpenApiPathsObject } from 'zod-openapi';
import { policy } from '../auth/policy.ts';
import { problemBody } from '../http/problems.ts';
import { operationOf, type Route, scopesOf } from '../http/route.ts';

const problem = { content: { 'application/problem+json': { schema: problemBody } } };
const refusals = {
  401: { description: 'No valid key', ...problem },
  403: { description: 'The key lacks the scope', ...problem },
  422: { description: 'Bad input: what is wrong and what is accepted', ...problem },
  429: { description: 'Too many requests; see Retry-After', ...problem },
  503: { description: 'The database or the queue does not answer', ...problem },
};
const absent = { 404: { description: 'There is no such thing', ...problem } };
const taken = { 409: { description: 'It conflicts with what is there', ...problem } };
const binary = { schema: { type: 'string' as const, format: 'binary' } };
const SAID: Record<number, string> = {
  200: 'The answer',
  201: 'Created',
  202: 'Accepted; see Location',
  302: 'Go to Location',
  204: 'Done',
};

/** The OpenAPI 3.1 document of the routes, from the very schemas that parse their requests. */
export function describeApi(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Studio Fleet',
        version: '0.1.0',
        description:
          'Ask the fleet for its processes, read what it did, feed it the studio. A process answers 202 and goes on by itself; ' +
          'with `Prefer: wait=SECONDS` the answer is its result. Repeat a POST safely with an `Idempotency-Key`. ' +
          'To try a route on this page, press Authorize first and give the key once more: the page does not pass on the one you came in with.',
      },
      components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-Key' } } },
      security: [{ key: [] }],
      paths: { ...paths, ...plainDoors },
    },
    { override: forReaders },
  );
}

/**
 * What may be null is described and shown as what it is otherwise: Swagger UI would toss a coin between the two. Money says what it
 * is counted in, wherever it stands.
 */
const forReaders: ZodOpenApiOverride = ({ jsonSchema }) => {
  const [schema, other] = jsonSchema.anyOf ?? [];
  if (isSchema(schema) && isSchema(other) && other.type === 'null') {
    if (schema.examples) jsonSchema.examples ??= schema.examples;
    if (schema.description) jsonSchema.description ??= schema.description;
  }
  for (const [name, field] of Object.entries(jsonSchema.properties ?? {})) {
    if (!name.endsWith('_minor') || !isSchema(field) || field.description?.includes(UNITS)) continue;
    field.description = field.description ? `${field.description}, ${UNITS}` : UNITS;
  }
};

const UNITS = 'in minor units of the currency';
type Schema = { type?: unknown; examples?: unknown[]; description?: string };
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

const health = z.object({
  status: z.enum(['up', 'down']),
  parts: z.record(z.string(), z.enum(['up', 'down'])).optional(),
});
const answered = (description: string) => ({ description, content: { 'application/json': { schema: health } } });
const watched = { tags: ['watching'], security: [] };

/** The routes outside the list of routes, for those who watch the fleet. */
const plainDoors: ZodOpenApiPathsObject = {
  '/health/live': { get: { ...watched, summary: 'Whether this process answers', responses: { 200: answered('It does') } } },
  '/health/ready': {
    get: {
      ...watched,
      summary: 'Whether every part of the fleet is up',
      responses: { 200: answered('All are'), 503: answered('The parts that are down are named') },
    },
  },
  '/live': {
    get: {
      tags: ['live'],
      summary: 'A WebSocket: what changes, requests of every operation, who is where',
      description:
        'Opened with a cookie, a key or a ticket, from our own pages. Messages are JSON. `{"watch": ["day:2026-11-25", "client:17", "training:5", ' +
        '"tasks", "runs", "vending"], "since"?: n}` watches these topics and no others; `{"changed": [...], "upto": n, "by": "person:17"}` says which of them to ' +
        'ask for again, `{"missed": true, "upto": n}` that all are. `{"id": 1, "op": "GET /me", "body"?: {...}, "headers"?: {...}}` asks for any operation ' +
        'but streams and is answered `{"id": 1, "status": 200, "headers"?: {...}, "body": {...}}`. `{"here": {"day": "2026-11-25", "doing"?: {...}}}` shows ' +
        'staff where you are. Closed with 4401 when the session or key ends, 1012 when this process restarts, 4429 after too many messages.',
      security: [{ key: [] }, {}],
      requestParams: { query: z.object({ ticket: z.string().optional().meta({ description: 'of POST /live/ticket' }) }) },
      responses: {
        101: { description: 'The socket is open' },
        426: { description: 'Not asked for as a WebSocket', ...problem },
        ...refusals,
      },
    },
  },
  '/metrics': {
    get: {
      tags: ['watching'],
      summary: 'Figures for Prometheus',
      description: 'Scope: `metrics`',
      responses: { 200: { description: 'The answer', content: { 'text/plain': { schema: z.string() } } }, ...refusals },
    },
  },
};

/** What a key needs, and which roles may ask for it beside owners and admins. */
function permissionOf(route: Route): string {
  const { rows: _rows, only: _only, hidden: _hidden, ...roles } = policy[operationOf(route)] ?? {};
  const key = scopesOf(route).map((scope) => `\`${scope}\``);
  const people = Object.entries(roles).map(([role, access]) => (access === 'own' ? `${role} (what is theirs)` : role));
  return [
    key.length > 0 ? `Scope: ${key.join(' or ')}.` : 'For people, not for keys.',
    ...(people.length > 0 ? [`Roles beside owner and admin: ${people.join(', ')}.`] : []),
  ].join(' ');
}

function operation(route: Route) {
  const responses = Object.entries(route.responses).map(([status, schema]) => [
    status,
    {
      description: SAID[Number(status)] ?? 'The answer',
      ...(status === '204' ? {} : { content: { [route.produces ?? 'application/json']: { schema } } }),
    },
  ]);
  const header =
    route.method === 'post'
      ? z.object({
          'Idempotency-Key': z.string().optional().meta({ description: 'the same key and body get the same answer for 24 h' }),
          ...(route.responses[202]
            ? { Prefer: z.string().optional().meta({ description: 'wait=SECONDS, at most 60', example: 'wait=30' }) }
            : {}),
        })
      : undefined;
  return {
    summary: route.summary,
    description: permissionOf(route),
    tags: [route.tag],
    requestParams: {
      ...(route.params ? { path: route.params } : {}),
      ...(route.query ? { query: route.query } : {}),
      ...(header ? { header } : {}),
    },
    ...(route.body
      ? { requestBody: { required: !route.bodyOptional, content: { 'application/json': { schema: route.body } } } }
      : {}),
    ...(route.file
      ? { requestBody: { required: true, content: Object.fromEntries(route.file.map((type) => [type, binary])) } }
      : {}),
    responses: {
      ...Object.fromEntries(responses),
      ...refusals,
      ...(route.params ? absent : {}),
      ...(route.method === 'get' ? {} : taken),
    },
  };
}
