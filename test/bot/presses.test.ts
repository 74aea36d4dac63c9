import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { requestProcess } from '../../queues/jobs/request.ts';
import { addDays, weekOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { finishRun } from '../../sql/runs/execute.ts';
import { salon } from '../bookings/salon.ts';
import { inDays, inWords, monday } from '../support/days.ts';
import { emptyTables } from '../support/emptying.ts';
import { ADMIN, GROUP, SECOND_ADMIN, type Stage, stage } from './stage.ts';

let botStudio: Stage;
beforeAll(async () => {
  botStudio = await stage({ STUDIO_LOCALE: 'ru' });
  botStudio.startBot();
});
afterEach(async () => {
  await emptyTables(botStudio.db, 'automated_process_history');
});
afterAll(() => botStudio.close());

/** Days that can be asked for, whenever this is. */
const [DAY, WEEK] = [inDays(-5), monday()];
const GENERATION = `generation:${weekOf(WEEK)}`;

const keys = async () => (await botStudio.runs()).map(({ run_key, created_by }) => [run_key, created_by]);
const end = async (id: number, status: 'success' | 'partial' | 'error') => {
  if (status === 'error')
    await botStudio.db.query(sql.unsafe`
      update automated_process_history set status = 'error', completed_at = now(), error_message = 'Error: no power' where id = ${id}`);
  else {
    await botStudio.db.query(
      sql.unsafe`update automated_process_history set status = 'running', started_at = now() where id = ${id}`,
    );
    await finishRun(botStudio.db, id, { status, result: {}, details: {}, counts: {} });
  }
  await botStudio.settled();
};

test('asked, confirmed, written in the database under the name of who pressed, with its parts', async () => {
  await botStudio.write(ADMIN, `/run daily ${DAY}`);
  expect(await keys()).toEqual([]);
  expect(botStudio.told.last(ADMIN)).toBe(
    `Запустить «Итоги дня»?\nОтмечу, кто был на тренировках (${inWords(DAY)}), и спишу занятия или выставлю счета за следующий день.`,
  );
  await botStudio.press(ADMIN, 'Запустить');
  expect(await keys()).toEqual([
    [`daily:${DAY}`, 'telegram:1001'],
    [`attendance:${DAY}`, 'telegram:1001'],
    [`finance:${addDays(DAY, 1)}`, 'telegram:1001'],
  ]);
  expect(botStudio.told.last(ADMIN)).toBe(`⏳ Итоги дня, ${inWords(DAY)} · #1\nЗапущено. Напишу, когда закончится.`);
});

test('pressed twice by one and once by another admin of the group, it is one run, and each is notified', async () => {
  await botStudio.write(GROUP, `/run generation ${WEEK}`, 501);
  const before = botStudio.told.toasts().length;
  botStudio.push(GROUP, 'Запустить', 501);
  botStudio.push(GROUP, 'Запустить', 501);
  botStudio.push(GROUP, 'Запустить', 502);
  await botStudio.settled();
  expect(await keys()).toEqual([[GENERATION, 'telegram:501']]);
  expect(botStudio.told.toasts().slice(before)).toEqual(['Запущено: #1', 'Уже запущено: #1', 'Уже запущено: #1']);
});

test('two admins who confirm the same in their own chats join one run, and both hear its end', async () => {
  for (const admin of [ADMIN, SECOND_ADMIN]) await botStudio.write(admin, `/run generation ${WEEK}`);
  botStudio.push(ADMIN, 'Запустить');
  botStudio.push(SECOND_ADMIN, 'Запустить');
  await botStudio.settled();
  expect(await keys()).toEqual([[GENERATION, 'telegram:1001']]);
  expect(botStudio.told.last(SECOND_ADMIN)).toContain('Уже было запущено');
  await end(1, 'success');
  await botStudio.deliver();
  for (const admin of [ADMIN, SECOND_ADMIN])
    expect(botStudio.told.last(admin)).toContain(`✅ Расписание на неделю, ${inWords(WEEK)} · #1`);
});

test('a button works for five minutes, then says so and starts nothing', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.db.query(sql.unsafe`update bot_confirmations set expires_at = expires_at - interval '301 seconds'`);
  await botStudio.press(ADMIN, 'Запустить');
  expect(await keys()).toEqual([]);
  expect(botStudio.told.toasts().at(-1)).toBe('Поздно: ничего не запущено');
  expect(botStudio.told.last(ADMIN)).toBe('Прошло слишком много времени, ничего не запущено. Если ещё нужно: /run generation');
});

test('a second before the five minutes are over it still works', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.db.query(sql.unsafe`update bot_confirmations set expires_at = expires_at - interval '295 seconds'`);
  await botStudio.press(ADMIN, 'Запустить');
  expect(await keys()).toHaveLength(1);
});

test('"not now" starts nothing, and the other button neither after it', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  const start = botStudio.told.button(ADMIN, 'Запустить')!;
  await botStudio.press(ADMIN, 'Не сейчас');
  expect(botStudio.told.last(ADMIN)).toBe('Хорошо, не запускаю.');
  botStudio.telegram.press(start.message, start.data);
  await botStudio.settled();
  expect(botStudio.told.toasts().at(-1)).toBe('От этого уже отказались.');
  expect(await keys()).toEqual([]);
});

test('a run that is done is run again only by a button that says so', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.press(ADMIN, 'Запустить');
  await end(1, 'success');
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  expect(botStudio.told.last(ADMIN)).toContain('Это уже сделано (#1); ещё раз не повредит');
  await botStudio.press(ADMIN, 'Запустить ещё раз');
  expect(await keys()).toHaveLength(2);
});

test('a run that somebody else finished between question and press is not run again', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.write(SECOND_ADMIN, `/run generation ${WEEK}`);
  await botStudio.press(SECOND_ADMIN, 'Запустить');
  await end(1, 'success');
  await botStudio.press(ADMIN, 'Запустить');
  expect(await keys()).toHaveLength(1);
  expect(botStudio.told.last(ADMIN)).toContain('Тем временем уже сделано');
});

test.each(['error', 'partial'] as const)('a run that ended in %s is repeated once, however many ask', async (status) => {
  await botStudio.write(ADMIN, `/run daily ${DAY}`);
  await botStudio.press(ADMIN, 'Запустить');
  for (const id of [1, 2, 3]) await end(id, status);
  for (const admin of [ADMIN, SECOND_ADMIN]) botStudio.telegram.write(admin, '/retry 1');
  await botStudio.settled();
  const again = (await botStudio.runs()).slice(3);
  expect(again.map(({ run_key }) => run_key)).toEqual([`daily:${DAY}`, `attendance:${DAY}`, `finance:${addDays(DAY, 1)}`]);
  expect(botStudio.told.last(SECOND_ADMIN)).toBe('Запуск #1 уже повторён: #4.');
  await botStudio.write(ADMIN, `/retry daily:${DAY}`);
  expect(botStudio.told.last(ADMIN)).toBe('Запуск #4 ещё идёт.');
});

test('"retry" pressed again after the second attempt failed as well does not start a third', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.press(ADMIN, 'Запустить');
  await end(1, 'error');
  const failed = { chat_id: ADMIN, message_id: 1, text: '' };
  botStudio.telegram.press(failed, 'retry:1');
  await botStudio.settled();
  await end(2, 'error');
  botStudio.telegram.press(failed, 'retry:1');
  await botStudio.settled();
  expect(await keys()).toHaveLength(2);
  expect(botStudio.told.toasts().at(-1)).toBe('Запуск #1 уже повторён: #2.');
});

test('the details of a run, with a button only where repeating makes sense', async () => {
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.press(ADMIN, 'Запустить');
  await end(1, 'error');
  botStudio.telegram.press({ chat_id: ADMIN, message_id: 1, text: '' }, 'details:1');
  await botStudio.settled();
  expect(botStudio.told.last(ADMIN)).toMatch(
    new RegExp(
      `^❌ #1 Расписание на неделю, ${inWords(WEEK)}\nКогда: .+ \\(Telegram 1001\\)\nСостояние: не удалось, попытка 1\nПричина: no power$`,
    ),
  );
  await botStudio.press(ADMIN, 'Повторить');
  await end(2, 'success');
  botStudio.telegram.press({ chat_id: ADMIN, message_id: 1, text: '' }, 'details:2');
  await botStudio.settled();
  expect(botStudio.telegram.received.at(-1)?.params.reply_markup).toBeUndefined();
});

test('routine that goes well is not shown, one that failed is, and can be repeated for its instant', async () => {
  for (const minute of ['00', '15']) {
    const at = `2026-11-21T10:${minute}:00.000Z`;
    await requestProcess(botStudio.db, 'reminders', {}, '2026-11-21', { scheduled_for: at });
  }
  await end(1, 'success');
  await end(2, 'error');
  await botStudio.write(ADMIN, '/runs');
  expect(botStudio.told.last(ADMIN)).toMatch(/^Последние запуски\n❌ #2 Напоминания, сб 21 ноября · .*\n {6}no power$/);
  await botStudio.write(ADMIN, '/retry 2');
  expect((await botStudio.runs()).map(({ run_key }) => run_key)).toEqual([
    'reminders:2026-11-21T10:00Z',
    'reminders:2026-11-21T10:15Z',
    'reminders:2026-11-21T10:15Z',
  ]);
});

test('days of a specialist that could not be calculated are asked for once more', async () => {
  const specialist_id = await salon(botStudio.db).specialist([]);
  await requestProcess(botStudio.db, 'slot_recalc', { specialist_id, dates: ['2026-11-23', '2026-11-24'] }, '2026-11-21', {});
  await end(1, 'error');
  await botStudio.write(ADMIN, '/retry 1');
  const [first, second] = await keys();
  expect(second).toEqual([first?.[0], `telegram:${ADMIN}`]);
});

test('bad input is answered with what is accepted, and starts nothing', async () => {
  const answers: [string, RegExp][] = [
    ['/run', /^Что запустить\?\n\/run generation — .*\n\/run daily — /],
    ['/run nights', /^Такого процесса нет\. Есть:\n\/run generation/],
    ['/run attendance', /^Такого процесса нет/],
    ['/run toString', /^Такого процесса нет/],
    ['/run daily tomorrow', /^Нужен день с \d{4}-\d\d-\d\d по (\d{4}-\d\d-\d\d): \/run daily \1$/],
    ['/run daily 2026-02-30', /^Нужен день/],
    ['/run daily 2026-11-20 now', /^Нужен день/],
    ['/run daily 2020-01-01', /^Нужен день/],
    ['/run daily 9990-01-01', /^Нужен день/],
    ['/run generation 2026-11-24', /^Нужен понедельник с (\d{4}-\d\d-\d\d) по \d{4}-\d\d-\d\d: \/run generation \1$/],
    ['/run generation 2020-01-06', /^Нужен понедельник/],
    ['/run generation 2099-01-05', /^Нужен понедельник/],
    ['/retry', /^Какой запуск\?/],
    ['/retry me', /^Какой запуск\?/],
    ["/retry '; drop table users", /^Какой запуск\?/],
    ['/retry 999', /^Запуска #999 нет\.$/],
    ['/retry 99999999999999', /^Какой запуск\?/],
    ['/history tomorrow', /^Нужно число дней, не больше 92/],
    ['/history 1000d', /^Нужно число дней/],
    ['/pause', /^Какое расписание\? Есть:\n\/pause generation — /],
    ['/pause nights', /^Какое расписание\?/],
    ['/resume', /^Какое расписание\? Есть:\n\/resume generation — /],
    ['/resume __proto__', /^Какое расписание\?/],
    ['/nonsense', /^Такого я не знаю/],
    ['спасибо!', /^Такого я не знаю/],
    ['/', /^Такого я не знаю/],
    [`/run ${'ё'.repeat(4_000)}`, /^Такого процесса нет/],
  ];
  for (const [said, answer] of answers) {
    await botStudio.write(ADMIN, said);
    expect([said, botStudio.told.last(ADMIN)]).toEqual([said, expect.stringMatching(answer)]);
  }
  expect(await keys()).toEqual([]);
});

test('pauses and goes on; saying it twice changes nothing', async () => {
  const paused = () =>
    botStudio.db.anyFirst(sql.unsafe`select name || ' ' || paused_by from schedules where paused_at is not null`);
  await botStudio.write(ADMIN, '/pause DAILY');
  expect(await paused()).toEqual(['daily telegram:1001']);
  await botStudio.write(SECOND_ADMIN, '/pause daily');
  expect(botStudio.told.last(SECOND_ADMIN)).toBe('⏸ «Итоги дня» уже на паузе. Вернуть: /resume daily');
  expect(await paused()).toEqual(['daily telegram:1001']);
  await botStudio.write(ADMIN, '/schedule');
  expect(botStudio.told.last(ADMIN)).toContain('⏸ Итоги дня (daily)\n      на паузе, вернуть: /resume daily');
  await botStudio.write(ADMIN, '/resume daily');
  expect(botStudio.told.last(ADMIN)).toMatch(/^▶️ «Итоги дня» снова по расписанию\. Дальше: .+, 23:00$/);
  expect(await paused()).toEqual([]);
  await botStudio.write(ADMIN, '/resume daily');
  expect(botStudio.told.last(ADMIN)).toMatch(/^«Итоги дня» и не было на паузе/);
});
