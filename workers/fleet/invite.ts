import { parseArgs } from 'node:util';
import { z } from 'zod';
import { scrub } from '../../queues/log/log.ts';
import { databaseUrlOf } from '../../queues/process/fleet.ts';
import { settingsOrExit } from '../../queues/process/settings.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';
import { invite } from '../sign-in/links.ts';
import { LOGIN } from '../sign-in/login.ts';
import { publicUrl } from './ask-api.ts';

const HELP = `npm run invite -- LOGIN --role owner|admin|trainer|client|vending_owner [--first-name NAME] [--last-name NAME]
LOGIN: ${LOGIN}. Prints a link by which that person sets a password: once, within seven days.`;
const asked = z.object({
  login: z.string().min(1),
  role: z.enum(['owner', 'admin', 'trainer', 'client', 'vending_owner']),
  firstName: z.string().min(1).max(100).optional(),
  lastName: z.string().max(100).optional(),
});

function readArguments() {
  const options = { role: { type: 'string' }, 'first-name': { type: 'string' }, 'last-name': { type: 'string' } } as const;
  const { positionals, values } = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options });
  const [login] = positionals;
  const { role, 'first-name': firstName, 'last-name': lastName } = values;
  const wish = asked.safeParse({ login, role, firstName, lastName });
  if (!wish.success || positionals.length !== 1) throw new Refused('invalid', HELP);
  return wish.data;
}

/** What is wrong, in one line; of a refused login what is accepted. */
const sentence = (error: unknown) =>
  error instanceof Refused && error.fields.errors
    ? error.fields.errors.map(({ path, message }) => `${path}: ${message}`).join('\n')
    : scrub(error instanceof Error ? error.message : String(error));

const settings = settingsOrExit();
try {
  const invitation = readArguments();
  const db = await openDatabase(databaseUrlOf(settings), { max: 1, name: 'invite' });
  try {
    const { path } = await db.transaction((transaction) =>
      invite(transaction, { ...invitation, by: 'system' }, new Date(), settings.zone),
    );
    console.log(`${publicUrl(settings)}${path}\n\nThis is the only time it is shown. It is valid once, for seven days.`);
  } finally {
    await db.end();
  }
} catch (error) {
  console.error(sentence(error));
  process.exitCode = 1;
}
