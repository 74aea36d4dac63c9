import { type RunName, runs } from '../../queues/jobs/catalog.ts';
import { repeatProcess } from '../../queues/jobs/repeat.ts';
import { type ProcessRequest, requestProcess, TooManyOpenRuns } from '../../queues/jobs/request.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { boundsOf, outside } from '../../queues/timetable/bounds.ts';
import { askConfirmation, type Confirmation } from '../../sql/bot/confirmations.ts';
import { latestAttempt, lockRun } from '../../sql/bot/runs.ts';
import { watchRun } from '../../sql/bot/watches.ts';
import { findRun } from '../../sql/runs/find.ts';
import type { Run } from '../../sql/runs/rows.ts';
import type { Buttons } from '../../workers/notifier/templates/bot-answers.ts';
import { offered, offeredAs } from '../../workers/notifier/templates/process-names.ts';
import { doesWhat, runTitle } from '../../workers/notifier/templates/run-words.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { nameOf, say, type Turn } from './decision.ts';
import { runIdIn } from './operations.ts';

/** A button to start something works this long: nobody should set off Tuesday's run by touching an old message on Thursday. */
export const CONFIRM_SECONDS = 300;

/** `/run NAME` and `/run NAME 2026-11-21`: says what it would do and asks whether to. */
export async function run(turn: Turn, args: string) {
  const { locale } = turn.asker;
  const [name = '', date, ...more] = args.toLowerCase().split(/\s+/);
  const known = offeredAs(name);
  if (!known) {
    const buttons = offered.map((candidate) => [{ text: runTitle(locale, candidate), data: `ask:${candidate}` }]);
    const lines = offered.map((candidate) => `/run ${candidate} — ${runTitle(locale, candidate)}`);
    return say(turn, { text: [text(locale, name ? 'bot.run.unknown' : 'bot.run.which'), ...lines].join('\n'), buttons });
  }
  const body = bodyOf(known, date);
  const bounds = boundsOf(known, { ...turn.settings, now: turn.now });
  if (!body || more.length > 0 || outside(bounds, body)) {
    const isWeek = bounds?.field === 'week_start';
    const accepted = { name: known, first: bounds?.first ?? '', last: bounds?.last ?? '' };
    return say(turn, { text: text(locale, isWeek ? 'bot.run.bad_week' : 'bot.run.bad_date', accepted) });
  }
  return ask(turn, known, body);
}

/** The body a date stands for, checked as its route in the API would; null for a date that is none. */
function bodyOf(name: RunName, date: string | undefined): Record<string, unknown> | null {
  if (date === undefined) return {};
  const { body }: RunDefinition = runs[name];
  return body.safeParse('week_start' in body.shape ? { week_start: date } : { date }).data ?? null;
}

/** Says what the run would do, for which day, and whether it was done before; with a button that expires. */
export async function ask(turn: Turn, name: RunName, body: Record<string, unknown>) {
  const { db, now, asker, settings } = turn;
  const definition: RunDefinition = runs[name];
  const day = dayOf(now, settings.zone);
  const { run_key, process_date } = definition.request(body, day);
  const latest = await latestAttempt(db, run_key);
  const again = latest?.status === 'success';
  const asked = { run: name, body, day, again, askedBy: nameOf(asker), now, seconds: CONFIRM_SECONDS };
  const id = await askConfirmation(db, asked);
  const before = latest ? [text(asker.locale, `bot.before.${latest.status}`, { id: latest.id })] : [];
  const buttons: Buttons = [
    [
      { text: text(asker.locale, again ? 'bot.button.again' : 'bot.button.run'), data: `run:${id}` },
      { text: text(asker.locale, 'bot.button.drop'), data: `drop:${id}` },
    ],
  ];
  say(turn, {
    text: [
      text(asker.locale, 'bot.run.ask', { title: runTitle(asker.locale, name) }),
      doesWhat(asker.locale, name, process_date),
      ...before,
    ].join('\n'),
    buttons,
  });
}

/**
 * Asks for the confirmed run, for the day it was confirmed for; the chat hears how it ends. Null for a process that is not offered any
 * more, `too many` for whoever has too many open (D44).
 */
export async function confirmed(
  turn: Turn,
  { run: name, body, day, again }: Confirmation,
): Promise<ProcessRequest | 'too many' | null> {
  const known = offeredAs(name);
  if (!known) return null;
  const asked = await unlessTooMany(requestProcess(turn.db, known, body, day, { again, created_by: nameOf(turn.asker) }));
  if (asked === 'too many') return asked;
  await follow(turn, asked);
  return asked;
}

const unlessTooMany = <T>(asking: Promise<T>) =>
  asking.catch((error): 'too many' => {
    if (!(error instanceof TooManyOpenRuns)) throw error;
    return 'too many';
  });

async function follow({ db, asker, asked }: Turn, request: ProcessRequest) {
  asked.push(request);
  await watchRun(db, request.run.id, asker.chatId, asker.locale);
}

/** What became of a wish to repeat a run. */
export type Repeated =
  | { is: 'gone' | 'too many' }
  | { is: 'fine' | 'open'; run: Run }
  /** Somebody has repeated it already. */
  | { is: 'repeated'; id: number }
  | { is: 'asked'; run: Run };

/**
 * Repeats a run that failed or was incomplete, for the day it was for. Only the latest attempt can be repeated, and one
 * wish after the other is looked at, so however many press the button, it is one new attempt.
 */
export async function repeat(turn: Turn, id: number): Promise<Repeated> {
  if (!(await lockRun(turn.db, id))) return { is: 'gone' };
  const run = (await findRun(turn.db, id)) as Run;
  const latest = await latestAttempt(turn.db, run.run_key);
  if (latest && latest.id !== run.id) return { is: 'repeated', id: latest.id };
  if (run.status === 'success') return { is: 'fine', run };
  if (run.status === 'queued' || run.status === 'running') return { is: 'open', run };
  const request = await unlessTooMany(repeatProcess(turn.db, run, { created_by: nameOf(turn.asker) }));
  if (request === 'too many') return { is: request };
  if (!request) return { is: 'gone' };
  await follow(turn, request);
  return { is: 'asked', run: request.run };
}

/** `/retry 42`, `/retry #42` or `/retry daily:2026-11-21`. */
export async function retry(turn: Turn, args: string) {
  const id = await runIdIn(turn, args);
  if (id === null) return say(turn, { text: text(turn.asker.locale, 'bot.retry.bad') });
  return say(turn, { text: repeatedWords(turn, id, await repeat(turn, id)) });
}

export function repeatedWords({ asker: { locale } }: Turn, id: number, repeated: Repeated): string {
  switch (repeated.is) {
    case 'gone':
      return text(locale, 'bot.retry.gone', { id });
    case 'too many':
      return text(locale, 'bot.run.limit');
    case 'repeated':
      return text(locale, 'bot.retry.repeated', { id, by: repeated.id });
    case 'asked':
      return text(locale, 'bot.retry.asked', { title: titleOf(locale, repeated.run), id: repeated.run.id });
    default:
      return text(locale, `bot.retry.${repeated.is}`, { id });
  }
}

export const titleOf = (locale: Turn['asker']['locale'], run: Pick<Run, 'process_type' | 'process_date'>) =>
  runTitle(locale, run.process_type, run.process_date);
