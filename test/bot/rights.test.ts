import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { notifyOfRights } from '../../queues/timetable/rights.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/front-door.ts';
import { ADMIN, GROUP, SECOND_ADMIN, type Stage, stage } from './stage.ts';

let botStudio: Stage;
let post: Awaited<ReturnType<Stage['openDoor']>>;
beforeAll(async () => {
  botStudio = await stage();
  botStudio.startBot();
  post = await botStudio.openDoor();
  await botStudio.awake();
});
afterAll(() => botStudio.close());

let last = 70_000;
const newChat = () => (last += 1);
const id = sql.type(z.object({ id: z.int() }));
/** An admin of the studio, connected to a chat from the beginning, or not at all. */
const admin = (chat: number | null, name = 'Анна') =>
  botStudio.db.oneFirst(id`
    with person as (insert into users (first_name, telegram_id, locale) values (${name}, ${chat}, 'en') returning id),
      role as (insert into user_roles (user_id, role) select id, 'admin' from person)
    select id from person`);
const linkOf = async (person: number) => (await post(`/api/people/${person}/telegram-link`)).body.token as string;
const schedule = async (chat: number) => {
  await botStudio.write(chat, '/schedule');
  return botStudio.told.last(chat);
};
/** Reports what has changed, and returns what each of these chats was sent since the last time. */
async function told(...chats: number[]) {
  const before = chats.map((chat) => botStudio.telegram.delivered(chat).length);
  await notifyOfRights(botStudio.db, botStudio.settings.adminChatIds);
  await notifyOfRights(botStudio.db, botStudio.settings.adminChatIds);
  // Whoever else delivers at this moment may have some of it in hand still.
  await eventually(async () => {
    await botStudio.db.query(sql.unsafe`update telegram_chats set free_at = now()`);
    await botStudio.deliver();
    return !(await botStudio.db.exists(sql.unsafe`select from notifications where status = 'pending' and send_after <= now()`));
  });
  return chats.map((chat, n) => botStudio.telegram.delivered(chat).slice(before[n]));
}
const firstLines = async (chat: number) => (await told(chat))[0]?.map((words) => words.split('\n')[0]);
const confirm = (person: number, telegram_id: number, call = 'PUT', scopes = ['rights:write']) =>
  asKey(person, call, scopes, { telegram_id });
async function asKey(person: number, method: string, scopes: string[], body?: object) {
  const secret = newSecret();
  await createKey(botStudio.db, { name: `key-${newChat()}`, secret, scopes } as never);
  const url = await botStudio.address();
  return request(url, method, `/api/people/${person}/command-rights`, { key: secret, body });
}

describe('a link to an admin’s record carries no right to command (D46)', () => {
  test('a stranger who opens it commands nothing, and everybody is notified', async () => {
    const [own, stranger] = [newChat(), newChat()];
    const person = await admin(own);
    await told();
    expect(await schedule(own)).toContain('Schedule (');
    await botStudio.write(stranger, `/start ${await linkOf(person)}`);
    expect(botStudio.told.last(stranger)).toContain('rights:write');
    expect(await schedule(stranger)).not.toContain('Schedule (');
    expect(await schedule(own)).not.toContain('Schedule (');
    const line = new RegExp(`Telegram.*${own}.*${stranger}|${own}.*${stranger}`, 's');
    for (const lines of await told(ADMIN, SECOND_ADMIN, GROUP, own)) expect(lines).toEqual([expect.stringMatching(line)]);
  });

  test('an admin who had no Telegram yet commands once it is confirmed', async () => {
    const [person, chat] = [await admin(null), newChat()];
    await botStudio.write(chat, `/start ${await linkOf(person)}`);
    expect(await schedule(chat)).not.toContain('Schedule (');
    expect(await confirm(person, chat)).toMatchObject({ status: 200, body: { commands_from: chat, is_admin: true } });
    expect(await schedule(chat)).toContain('Schedule (');
  });

  test('a Telegram id that is written into the record carries none either', async () => {
    const [own, stranger] = [newChat(), newChat()];
    const person = await admin(own);
    await botStudio.db.query(sql.unsafe`update users set telegram_id = ${stranger} where id = ${person}`);
    expect(await schedule(stranger)).not.toContain('Schedule (');
  });
});

describe('the right to command changes by a scope of its own', () => {
  test.each([
    ['records:write', 403],
    ['rights:write', 200],
  ])('with %s: %i', async (scope, status) => {
    const chat = newChat();
    expect(await confirm(await admin(chat), chat, 'PUT', [scope])).toMatchObject({ status });
  });

  test('only the account the person has now can be confirmed, and only an admin', async () => {
    const chat = newChat();
    const person = await admin(chat);
    expect(await confirm(person, chat + 1)).toMatchObject({ status: 409 });
    await botStudio.db.query(sql.unsafe`delete from user_roles where user_id = ${person}`);
    expect(await confirm(person, chat)).toMatchObject({ status: 409 });
    expect(await confirm(999_999, chat)).toMatchObject({ status: 404 });
  });

  test('it is taken away, twice with the same end', async () => {
    const chat = newChat();
    const person = await admin(chat);
    for (let n = 0; n < 2; n += 1)
      expect(await asKey(person, 'DELETE', ['rights:write'])).toMatchObject({ status: 200, body: { commands_from: null } });
    expect(await schedule(chat)).not.toContain('Schedule (');
  });

  test('a role that is given or taken is reported to the other admins and to the person, once', async () => {
    const [chat, colleague] = [newChat(), newChat()];
    await admin(colleague, 'Вера');
    await told();
    const person = await admin(chat);
    expect(await told(ADMIN, colleague, chat)).toEqual([
      [expect.stringContaining('администратора')],
      [expect.stringContaining('администратора')],
      [expect.stringContaining('администратора')],
    ]);
    await botStudio.db.query(sql.unsafe`delete from user_roles where user_id = ${person}`);
    const gone = await told(ADMIN, colleague, chat);
    for (const lines of gone) expect(lines).toEqual([expect.stringContaining('снята')]);
    expect(await told(ADMIN, colleague, chat)).toEqual([[], [], []]);
  });

  test.each([
    ['admin', 'Анна: дана роль администратора.', 'Анна (администратор): сменился Telegram.', 'Анна: роль администратора снята.'],
    ['owner', 'Анна: дана роль владельца.', 'Анна (владелец): сменился Telegram.', 'Анна: роль владельца снята.'],
  ])('given, moved and taken, the role of an %s is named', async (role, given, moved, taken) => {
    await told();
    const person = await botStudio.db.oneFirst(
      id`insert into users (first_name, telegram_id) values ('Анна', ${newChat()}) returning id`,
    );
    await botStudio.db.query(sql.unsafe`insert into user_roles values (${person}, ${role})`);
    expect(await firstLines(ADMIN)).toEqual([`🔑 ${given}`]);
    await botStudio.db.query(sql.unsafe`update users set telegram_id = ${newChat()} where id = ${person}`);
    expect(await firstLines(ADMIN)).toEqual([`🔑 ${moved}`]);
    await botStudio.db.query(sql.unsafe`delete from user_roles where user_id = ${person}`);
    expect(await firstLines(ADMIN)).toEqual([`🔑 ${taken}`]);
  });

  test('an admin who becomes an owner too, or is none any more, is told of, and keeps commanding', async () => {
    const chat = newChat();
    const person = await admin(chat);
    await told();
    await botStudio.db.query(sql.unsafe`insert into user_roles values (${person}, 'owner')`);
    expect(await firstLines(ADMIN)).toEqual(['🔑 Анна: дана роль владельца.']);
    await botStudio.db.query(sql.unsafe`delete from user_roles where user_id = ${person} and role = 'owner'`);
    expect(await firstLines(ADMIN)).toEqual(['🔑 Анна: роль владельца снята.']);
    expect(await schedule(chat)).toContain('Schedule (');
  });

  test('an owner who is given the role of an admin too can do no more than before: nobody is told', async () => {
    const person = await admin(newChat());
    await botStudio.db.query(sql.unsafe`update user_roles set role = 'owner' where user_id = ${person}`);
    await told();
    await botStudio.db.query(sql.unsafe`insert into user_roles values (${person}, 'admin')`);
    await botStudio.db.query(sql.unsafe`delete from user_roles where user_id = ${person} and role = 'admin'`);
    expect(await told(ADMIN)).toEqual([[]]);
  });

  test('a client’s Telegram is nobody’s business', async () => {
    await told();
    const person = await botStudio.db.oneFirst(
      id`insert into users (first_name, telegram_id) values ('Олег', ${newChat()}) returning id`,
    );
    await botStudio.db.query(sql.unsafe`update users set telegram_id = ${newChat()} where id = ${person}`);
    expect(await told(ADMIN)).toEqual([[]]);
  });
});
