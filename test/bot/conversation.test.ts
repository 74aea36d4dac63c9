import { hostname } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { nouns } from '../../queues/jobs/catalog.ts';
import { weekOf } from '../../queues/time/calendar.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { clearAlert, raiseAlert } from '../../sql/alerts/alerts.ts';
import { listAlerts } from '../../sql/alerts/list.ts';
import { sql } from '../../sql/database/database.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { takeLease } from '../../sql/schedule/leases.ts';
import { COMMANDS, runTitle } from '../../workers/notifier/templates/run-words.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { inWords, monday } from '../support/days.ts';
import { ADMIN, SECOND_ADMIN, type Stage, stage } from './stage.ts';

let botStudio: Stage;
let isBroken = true;
beforeAll(async () => {
  botStudio = await stage();
  botStudio.startBot();
  await takeLease(botStudio.db, 'scheduler', 'test', 3_600);
  await botStudio.work('generation', {
    generation: async () => {
      if (isBroken) throw new UnrecoverableError('the room "Зал 2" has no location');
      const counts = { trainings_processed: 21, students_added: 34 };
      return { status: 'success', result: {}, details: {}, counts };
    },
  });
});
beforeEach(async () => {
  for (const noun of nouns) await noteHeartbeat(botStudio.db, noun, hostname());
});
afterAll(() => botStudio.close());

const WEEK = monday();
const DAY = /(?:понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс),? \d+ [а-я]+,? \d\d:\d\d/g;

/**
 * What was said, as the admin sees it, with the times of the day taken out. `TRANSCRIPT=1` prints it, to be read:
 * `>` is the admin, the rest is the bot, `[ ... ]` are buttons.
 */
function said(chat: number) {
  const transcript = botStudio.told.since(chat);
  if (process.env.TRANSCRIPT) process.stdout.write(`\n${transcript}\n\n`);
  return transcript
    .replaceAll(DAY, 'ДЕНЬ')
    .replaceAll(/ · (\d\d\.\d\d )?\d\d:\d\d/g, ' · ЧАС')
    .replaceAll(/Были сбои: .*/g, 'Были сбои: ДЕНЬ')
    .replaceAll(/\d+ с\b/g, '1 с')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

test('an evening: status, run, confirm, failure, retry', async () => {
  await botStudio.write(ADMIN, '/status');
  await botStudio.write(ADMIN, `/run generation ${WEEK}`);
  await botStudio.press(ADMIN, 'Запустить');
  await botStudio.over(1);
  await botStudio.press(ADMIN, 'Подробности');
  isBroken = false;
  await botStudio.press(ADMIN, 'Повторить');
  await botStudio.over(2);
  await botStudio.write(ADMIN, '/status');
  expect(said(ADMIN)).toBe(`> /status
    🟢 Всё в порядке
      ${[...nouns, 'scheduler'].map((noun) => `✅ ${noun}`).join('  ')}
      В очередях: пусто
      💾 Копий базы ещё нет

      Последние запуски
      Пока не было.
> /run generation ${WEEK}
    Запустить «Расписание на неделю»?
      Создам тренировки на неделю с ${inWords(WEEK)} и запишу на них учеников.
      [ Запустить ] [ Не сейчас ]
> [Запустить]
    (instead) ⏳ Расписание на неделю, ${inWords(WEEK)} · #1
      Запущено. Напишу, когда закончится.
    ❌ «Расписание на неделю» не удалось: generation:${weekOf(WEEK)}, попытка 1.
      Причина: the room "Зал 2" has no location
      Сделанное до этого сохранено. Когда причина устранена, повторите: лишнего не появится.
      [ Повторить ] [ Подробности ]
      [ Принято ] [ Тишина на 1 ч ]
> [Подробности]
    ❌ #1 Расписание на неделю, ${inWords(WEEK)}
      Когда: ДЕНЬ (Telegram 1001)
      Состояние: не удалось, попытка 1
      Заняло: 1 с
      Причина: the room "Зал 2" has no location
      [ Повторить ]
> [Повторить]
    ⏳ Расписание на неделю, ${inWords(WEEK)} · #2
      Пробую ещё раз. Напишу, когда закончится.
    ✅ Прошло: ДЕНЬ.
      ❌ «Расписание на неделю» не удалось: generation:${weekOf(WEEK)}, попытка 1.
      Началось ДЕНЬ, случилось 1 раз.
    ✅ Расписание на неделю, ${inWords(WEEK)} · #2
      Сделано: 21 тренировка, 34 записи добавлены
      Заняло: 1 с
> /status
    🟢 Всё в порядке
      ${[...nouns, 'scheduler'].map((noun) => `✅ ${noun}`).join('  ')}
      В очередях: пусто
      💾 Копий базы ещё нет

      Последние запуски
      ✅ Расписание на неделю, ${inWords(WEEK)} · ЧАС · #2`);
  expect(botStudio.told.toasts()).toEqual(['Запущено: #1', undefined, 'Запущено: #2']);
}, 240_000);

test('the morning after: what was done, the chart, the timetable, a pause', async () => {
  await botStudio.db.query(sql.unsafe`delete from worker_beats where worker = 'finance'`);
  for (const line of ['/runs', '/history 7d', '/schedule', '/pause daily', '/status', '/resume daily', '/help']) {
    await botStudio.write(ADMIN, line);
  }
  expect(said(ADMIN)).toBe(`> /runs
    Последние запуски
      ✅ #2 Расписание на неделю, ${inWords(WEEK)} · ЧАС (1 с)
            21 тренировка, 34 записи добавлены
      ❌ #1 Расписание на неделю, ${inWords(WEEK)} · ЧАС (1 с)
            the room "Зал 2" has no location
> /history 7d
    (picture) Запуски: 7 дней
      Всего 2 запуска
      ✅ успешно: 1
      ❌ ошибка: 1
      Были сбои: ДЕНЬ
> /schedule
    Расписание (Europe/Moscow)
${timetable.map(({ name, run }) => `      🗓 ${runTitle('ru', run)} (${name})\n            дальше: ДЕНЬ\n            ещё не было`).join('\n')}
> /pause daily
    ⏸ «Итоги дня» на паузе. Пропущенное за это время не выполнится. Вернуть: /resume daily
> /status
    🟠 Есть на что взглянуть
      ${[...nouns, 'scheduler'].map((noun) => `${noun === 'finance' ? '❌' : '✅'} ${noun}`).join('  ')}
      Кто с крестиком, не отвечает. Задания ждут и не потеряны.
      В очередях: пусто
      💾 Копий базы ещё нет
      ⏸ На паузе: Итоги дня (/resume daily)

      Последние запуски
      ✅ Расписание на неделю, ${inWords(WEEK)} · ЧАС · #2
> /resume daily
    ▶️ «Итоги дня» снова по расписанию. Дальше: ДЕНЬ
> /help
    Что я умею
${COMMANDS.map((name) => `      ${text('ru', `bot.usage.${name}`)} — ${text('ru', `bot.command.${name}`)}`).join('\n')}`);
  const picture = botStudio.telegram.received.find(({ method }) => method === 'sendPhoto')!;
  const photo = Buffer.from(await (picture.params.photo as File).arrayBuffer());
  expect(photo.subarray(1, 4).toString()).toBe('PNG');
}, 240_000);

test('an alarm that somebody takes note of by its button keeps their name', async () => {
  const params = { folder: 'data' as const, percent: 5, free_bytes: 1e9 };
  await raiseAlert(botStudio.db, [SECOND_ADMIN], { fingerprint: 'disk_low:data', template: 'disk_low', params });
  await botStudio.deliver();
  await botStudio.press(SECOND_ADMIN, 'Принято');
  expect(botStudio.told.toasts().at(-1)).toBe('Записано, дальше тревога не пойдёт');
  const [alert] = await listAlerts(botStudio.db, { isOpen: true, limit: 1 });
  expect(alert?.acknowledged_by).toContain(String(SECOND_ADMIN));
  await clearAlert(botStudio.db, [], 'disk_low:data');
  await botStudio.press(SECOND_ADMIN, 'Принято');
  expect(botStudio.told.toasts().at(-1)).toBe('Это уже прошло');
});

test('the same trouble again and again: muted for an hour, by any admin', async () => {
  const trouble = { fingerprint: 'run_failed:generation', template: 'run_failed' as const };
  const params = { run_id: 1, run_key: 'generation:2026-W48', attempt: 1, error: 'no power' };
  await raiseAlert(botStudio.db, [SECOND_ADMIN], { ...trouble, params });
  await botStudio.deliver();
  const before = botStudio.telegram.delivered(SECOND_ADMIN).length;
  await botStudio.press(SECOND_ADMIN, 'Тишина на 1 ч');
  expect(botStudio.told.toasts().at(-1)).toMatch(/^Молчу об этом до (\d\d\.\d\d )?\d\d:\d\d$/);
  for (let times = 0; times < 12; times += 1) await raiseAlert(botStudio.db, [SECOND_ADMIN], { ...trouble, params });
  await botStudio.deliver();
  expect(botStudio.telegram.delivered(SECOND_ADMIN)).toHaveLength(before);
  await botStudio.db.query(sql.unsafe`delete from alerts`);
  await botStudio.press(SECOND_ADMIN, 'Тишина на 1 ч');
  expect(botStudio.told.toasts().at(-1)).toBe('Заглушать уже нечего');
});
