import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Files that may name HTTP statuses, and why: they ask a service outside, are one, or write for an earlier version. */
const CLIENTS: Record<string, string> = {
  'workers/backups/bucket.ts': 'a store of copies, by S3',
  'workers/backups/bucket-calls.ts': 'the same',
  'workers/finance/noted-refusal.ts': 'what API processes of an earlier version read while a fleet is updated',
  'workers/notifier/channels/by-mail.ts': 'a mail server, whose statuses look the same',
  'workers/notifier/channels/by-push.ts': 'push services of browsers',
  'workers/notifier/channels/by-sms.ts': 'a provider of short messages',
  'workers/notifier/outbox/deliver.ts': 'Telegram',
  'workers/vending/owner-session.ts': 'the service of vending machines',
  'workers/vending/vendista.ts': 'the service of vending machines',
  'workers/vending/demo-service.ts': 'that service, for the demo',
};

/** Statuses as a rule would name them. 400 and 500 are left out: they are also how many rows a statement takes. */
const STATUS = /(?<![\d_.-])(?:40[1-9]|41\d|42[2-9]|50[1-4])(?![\d_:]|\.\d)/g;

test('rules and statements say what is refused, not with which HTTP status', () => {
  const files = globSync('{workers,sql}/**/*.ts');
  expect(files.length).toBeGreaterThan(500);
  const named = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(STATUS)].map(([status]) => ({ file, status: String(status) })),
  );
  expect(named.filter(({ file }) => !Object.hasOwn(CLIENTS, file))).toEqual([]);
  expect(new Set(named.map(({ file }) => file))).toEqual(new Set(Object.keys(CLIENTS)));
});
