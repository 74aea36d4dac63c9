import { resumeSchedule } from '../../queues/timetable/settle-ticks.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { type Schedule, timetable } from '../../queues/timetable/timetable.ts';
import { learnSchedules, lockSchedule, pauseSchedule, scheduleStates } from '../../sql/schedule/schedule.ts';
import { scheduleTitle } from '../../workers/notifier/templates/run-words.ts';
import { instantIn } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { nameOf, say, type Turn } from './decision.ts';

/** `/pause NAME`: the same as its route in the API. */
export async function pause(turn: Turn, args: string) {
  const schedule = named(turn, args, 'pause');
  if (!schedule) return;
  const { db, now, asker } = turn;
  await learnSchedules(db, [schedule.name], now);
  await lockSchedule(db, schedule.name);
  const wasPaused = await isPaused(turn, schedule);
  await pauseSchedule(db, schedule.name, now, nameOf(asker));
  const params = { title: scheduleTitle(asker.locale, schedule), name: schedule.name };
  say(turn, { text: text(asker.locale, wasPaused ? 'bot.pause.already' : 'bot.pause.done', params) });
}

/** `/resume NAME`; what passed during the pause stays skipped. */
export async function resume(turn: Turn, args: string) {
  const schedule = named(turn, args, 'resume');
  if (!schedule) return;
  const { db, now, asker, settings } = turn;
  await learnSchedules(db, [schedule.name], now);
  await lockSchedule(db, schedule.name);
  const wasPaused = await isPaused(turn, schedule);
  await resumeSchedule(db, schedule, settings.zone, now);
  const [next] = nextTicks(schedule.pattern, settings.zone, now, 1);
  const when = next ? instantIn({ locale: asker.locale, zone: settings.zone }, next.toISOString()) : '—';
  const params = { title: scheduleTitle(asker.locale, schedule), when };
  say(turn, { text: text(asker.locale, wasPaused ? 'bot.resume.done' : 'bot.resume.already', params) });
}

const isPaused = async ({ db, now }: Turn, { name }: Schedule) =>
  (await scheduleStates(db, now)).some((state) => state.name === name && state.paused_at !== null);

/** The schedule of that name; a name that is missing or unknown is answered with those there are. */
function named(turn: Turn, name: string, command: 'pause' | 'resume'): Schedule | undefined {
  const found = timetable.find((schedule) => schedule.name === name.toLowerCase());
  const lines = timetable.map((schedule) => `/${command} ${schedule.name} — ${scheduleTitle(turn.asker.locale, schedule)}`);
  if (!found) say(turn, { text: [text(turn.asker.locale, 'bot.schedule.which'), ...lines].join('\n') });
  return found;
}
