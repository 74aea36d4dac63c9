import { z } from 'zod';
import { day } from '../../sql/database/instants.ts';
import { badInput } from '../http/bad-input.ts';
import { Problem } from '../http/problems.ts';
import { MOST_DEPTH, refuseOddJson } from '../http/strict-json.ts';

/** As large as a body may be by HTTP. Larger ones are read up to {@link MOST_READ} and refused. */
const MOST_MESSAGE = 102_400;
export const MOST_READ = 2 * MOST_MESSAGE;

/** Of each socket. */
const MOST_TOPICS = 200;
const HEADERS = 'up to 20 headers of at most 1000 characters';

const watch = z.strictObject({
  watch: z
    .array(z.string().max(100), { error: `a list of at most ${MOST_TOPICS} topics` })
    .max(MOST_TOPICS, { error: `a list of at most ${MOST_TOPICS} topics` }),
  since: z.int({ error: 'the last upto that came' }).min(0).optional(),
});
const request = z.strictObject({
  id: z.union([z.int(), z.string().min(1).max(64)], { error: 'a whole number, or text of 1 to 64 characters' }),
  op: z.string({ error: 'a method and a path: GET /me' }).max(4_000, { error: 'at most 4000 characters' }),
  body: z.unknown().optional(),
  headers: z
    .record(z.string().max(100), z.string().max(1_000), { error: HEADERS })
    .refine((headers) => Object.keys(headers).length <= 20, { error: HEADERS })
    .optional(),
});
const here = z.strictObject({
  here: z
    .strictObject({
      day,
      doing: z
        .unknown()
        .optional()
        .refine((doing) => doing === undefined || JSON.stringify(doing).length <= 2_000, {
          error: 'at most 2000 characters of JSON',
        }),
    })
    .nullable(),
});

export type Watch = z.output<typeof watch>;
export type SocketRequest = z.output<typeof request>;
export type Here = z.output<typeof here>['here'];

/** The schema of a message by the field that says what it is; undefined: it is none. */
function kindOf(message: unknown) {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined;
  if ('op' in message || 'id' in message) return { kind: 'request', schema: request } as const;
  if ('watch' in message) return { kind: 'watch', schema: watch } as const;
  return 'here' in message ? ({ kind: 'here', schema: here } as const) : undefined;
}

const KINDS = 'one of {"watch": [...], "since"?}, {"id", "op", "body"?, "headers"?}, {"here": {"day", "doing"?}}';

/** Reads a message. Throws a problem for what is none. @param known is told its id as soon as there is one */
export function readMessage(text: string, known: (id: SocketRequest['id']) => void) {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new Problem(400, 'the message is not valid JSON');
  }
  const id = (message as { id?: unknown } | null)?.id;
  if (typeof id === 'number' || typeof id === 'string') known(id);
  if (Buffer.byteLength(text) > MOST_MESSAGE) throw new Problem(413, 'the body is larger than 100 kB');
  refuseOddJson(text, MOST_DEPTH + 1);
  const of = kindOf(message);
  if (!of) throw new Problem(422, `the message is not acceptable: ${KINDS}`);
  const parsed = of.schema.safeParse(message);
  if (!parsed.success) throw badInput('message', of.schema, message, parsed.error);
  return { kind: of.kind, data: parsed.data } as
    | { kind: 'request'; data: SocketRequest }
    | { kind: 'watch'; data: Watch }
    | { kind: 'here'; data: { here: Here } };
}
