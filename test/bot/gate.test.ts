import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Update } from 'node-telegram-bot-api';
import { z } from 'zod';
import { scopesOfRoles } from '../../api/auth/person.ts';
import { type PolicyRole, policy } from '../../api/auth/policy.ts';
import { operationOf, scopesOf } from '../../api/http/route.ts';
import { routes } from '../../api/routes/all.ts';
import type { BotAsking, BotOperation } from '../../api/telegram/admission.ts';
import { commands } from '../../api/telegram/commands.ts';
import { decide } from '../../api/telegram/decide.ts';
import type { Turn } from '../../api/telegram/decision.ts';
import { presses } from '../../api/telegram/presses.ts';
import { askerOf } from '../../api/telegram/sender.ts';
import { parseSettings } from '../../queues/process/settings.ts';
import { sql } from '../../sql/database/database.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { testDatabase } from '../support/database.ts';

const GROUP = -1003;
const settings = parseSettings({
  TELEGRAM_BOT_TOKEN: '123456:test-token-of-the-fake-telegram',
  TELEGRAM_ADMIN_CHAT_IDS: `1001,${GROUP}`,
  STUDIO_LOCALE: 'en',
});
const me = { id: 123456, username: 'fake_studio_bot' };
const OTHER_GROUP = -9_999;

type Who = Exclude<PolicyRole, 'visitor'> | 'owner' | 'admin' | 'unconfirmed admin' | 'somebody who left';
let world: Awaited<ReturnType<typeof testDatabase>>;
const chats = {} as Record<Who, number>;
let run: number;

beforeAll(async () => {
  world = await testDatabase();
  const id = sql.type(z.object({ id: z.int() }));
  let chat = 5_000;
  const person = async (who: Who, role?: string) => {
    chat += 1;
    chats[who] = chat;
    const made = await world.db.oneFirst(
      id`insert into users (first_name, telegram_id, locale, is_active) values (${who}, ${chat}, 'en', ${who !== 'somebody who left'}) returning id`,
    );
    if (role) await world.db.query(sql.unsafe`insert into user_roles values (${made}, ${role})`);
    return made;
  };
  for (const role of ['owner', 'admin', 'trainer', 'client', 'vending_owner'] as const) await person(role, role);
  const unconfirmed = await person('unconfirmed admin', 'admin');
  await world.db.query(sql.unsafe`delete from bot_commanders where user_id = ${unconfirmed}`);
  await person('somebody who left', 'admin');
  const [guardian, refiller] = [await person('guardian'), await person('refiller')];
  await world.db.query(sql.unsafe`
    with child as (insert into users (first_name, birth_date) values ('Ребёнок', current_date - 3650) returning id),
      student as (insert into students (id, payer_id) select id, id from child)
    insert into guardians (guardian_id, student_id) select ${guardian}, id from child`);
  await world.db.query(sql.unsafe`
    with owner as (insert into vending_owners (user_id, setup_date, stock_from)
        values (${refiller}, '2026-01-01', now()) returning id),
      terminal as (insert into vending_terminals (owner_id, vendista_id, name) select id, 1, 'Автомат' from owner returning id, owner_id),
      places as (
        insert into stock_places (owner_id, kind, terminal_id)
        select id, 'warehouse', null from owner union all select owner_id, kind, id from terminal, unnest(array['machine', 'stand']) kind)
    insert into vending_tasks (owner_id, terminal_id, origin, created_by, assignee_id)
    select owner_id, id, 'manual', 'test', ${refiller} from terminal`);
  run = await world.db.oneFirst(id`
    insert into automated_process_history (process_type, run_key, process_date, status, attempt, created_by, started_at, completed_at, error_message)
    values ('daily', 'daily:2026-01-01', '2026-01-01', 'error', 1, 'test', now(), now(), 'Error: no power') returning id`);
});
afterAll(() => world.close());

/** What an update is answered with. Nothing of it is kept. */
async function answered(from: number, fields: { text?: string; data?: string }, chat = from): Promise<Turn['answers']> {
  const parties = { chat: { id: chat, type: chat > 0 ? 'private' : 'group' }, message_id: 1, date: 0 };
  const sender = { id: from, is_bot: false, first_name: 'A', language_code: 'en' };
  const update = (fields.text === undefined
    ? { update_id: 1, callback_query: { id: '1', from: sender, chat_instance: '1', message: parties, data: fields.data } }
    : {
        update_id: 1,
        message: {
          ...parties,
          from: sender,
          text: fields.text,
          entities: [{ type: 'bot_command', offset: 0, length: fields.text.split(' ')[0]?.length }],
        },
      }) as unknown as Update;
  const undone = new Error('undone');
  let answers: Turn['answers'] = [];
  await world.db
    .transaction(async (db) => {
      const asker = await askerOf(db, update, settings);
      const fleet = { db: world.db, settings, backend: null as never };
      const turn: Turn = { db, settings, fleet, now: new Date(), asker: asker as Turn['asker'], answers: [], asked: [] };
      await decide(turn, me, update);
      answers = turn.answers;
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
  return answers;
}

const LINES = ['bot.known', 'bot.stranger', 'bot.vending.help'].map((key) => text('en', key as 'bot.known'));
/** Whether somebody was let in: turned away, they get a line that says who the bot is for, and nothing else. */
const isLetIn = (answers: Turn['answers']) => {
  expect(answers).not.toEqual([]);
  return !answers.every((answer) => 'text' in answer && LINES.includes(String(answer.text)));
};

/** Everything the bot can be asked for, with something that stands behind the word. */
const said = () =>
  ({ start: 'no-such-link', run: 'daily', retry: String(run), pause: 'daily', resume: 'daily' }) as Record<string, string>;
const behind = () => ({ ask: 'daily', retry: String(run), details: String(run) }) as Record<string, string>;
const words = [
  ...Object.entries(commands).map(([name, { operation }]) => ({ word: `/${name}`, name, operation, isButton: false })),
  ...Object.entries(presses).map(([name, { operation }]) => ({ word: `[${name}]`, name, operation, isButton: true })),
];
type Word = (typeof words)[number];
const argumentOf = ({ name, isButton }: Word) => (isButton ? (behind()[name] ?? '1') : (said()[name] ?? ''));
const ask = (word: Word, from: number, chat = from) =>
  answered(
    from,
    word.isButton ? { data: `${word.name}:${argumentOf(word)}` } : { text: `/${word.name} ${argumentOf(word)}`.trim() },
    chat,
  );

/** The operation that a word names, as it is asked for here. */
async function operationIn(operation: BotOperation, word: Word): Promise<string> {
  if (typeof operation === 'string') return operation;
  const asking: BotAsking = await world.db.transaction(async (db) =>
    operation({ db, settings, now: new Date(), asker: { person: null } } as unknown as Turn, argumentOf(word)),
  );
  return asking.operation;
}

test.each(words.map((word) => [word.word, word] as const))('%s names an operation that the policy knows', async (_word, word) => {
  const operation = await operationIn(word.operation, word);
  expect(Object.keys(policy)).toContain(operation);
  expect(routes.map(operationOf)).toContain(operation);
});

const ROLES = ['trainer', 'client', 'guardian', 'vending_owner', 'refiller'] as const;
const cases = (who: readonly Who[]) => words.flatMap((word) => who.map((role) => [word.word, role, word] as const));

test.each(cases(ROLES))('%s lets a %s in as the policy says', async (_word, who, word) => {
  const rule = policy[await operationIn(word.operation, word)]! as Partial<Record<Who | 'visitor', string>>;
  // Whoever is known looks after oneself, as over HTTP.
  const may = (rule[who] ?? rule.client ?? rule.visitor) !== undefined;
  expect(isLetIn(await ask(word, chats[who]))).toBe(may);
});

test.each(cases(['owner', 'admin']))('%s lets an %s in as the scopes of the role say', async (_word, who, word) => {
  const operation = await operationIn(word.operation, word);
  const scopes = scopesOfRoles([who as 'owner' | 'admin']);
  const wanted = scopesOf(routes.find((route) => operationOf(route) === operation)!);
  const may = wanted.length === 0 || scopes.includes('*') || wanted.some((scope) => scopes.includes(scope));
  expect(isLetIn(await ask(word, chats[who]))).toBe(may);
  expect(may).toBe(true);
});

describe.each([
  ['a chat of the settings', 1001, 1001],
  ['a stranger in a group of the settings', 777, GROUP],
])('%s', (_who, from, chat) => {
  test.each(words.map((word) => [word.word, word] as const))('may do %s', async (_word, word) => {
    expect(isLetIn(await ask(word, from, chat))).toBe(true);
  });
});

describe.each([
  ['a stranger', () => 777, () => 777],
  ['an admin whose Telegram was not confirmed (D46)', () => chats['unconfirmed admin'], () => chats['unconfirmed admin']],
  ['an admin who left', () => chats['somebody who left'], () => chats['somebody who left']],
  ['an admin in another group', () => chats.admin, () => OTHER_GROUP],
  ['an owner of machines in another group', () => chats.vending_owner, () => OTHER_GROUP],
])('%s', (who, from, chat) => {
  test.each(words.map((word) => [word.word, word] as const))('gets of %s what visitors get', async (_word, word) => {
    const rule = policy[await operationIn(word.operation, word)]!;
    const isOpen = rule.visitor === 'all' || (who.includes('not confirmed') && rule.client !== undefined);
    expect(isLetIn(await ask(word, from(), chat()))).toBe(isOpen);
  });
});

test('an owner of machines sees those of nobody else', async () => {
  const answers = await answered(chats.vending_owner, { text: '/tasks' });
  expect(answers).toEqual([expect.objectContaining({ text: text('en', 'bot.tasks.none') })]);
  const theirs = await answered(chats.refiller, { text: '/tasks' });
  expect(JSON.stringify(theirs)).toContain('Автомат');
});
