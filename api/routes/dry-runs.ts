import type { z } from 'zod';
import { type RunName, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { dryInstantOf } from '../../queues/timetable/bounds.ts';
import type { Outcome } from '../../sql/runs/execute.ts';
import { handlers as attendance } from '../../workers/attendance/handlers.ts';
import { handlers as cleanup } from '../../workers/cleanup/handlers.ts';
import { combine } from '../../workers/finance/combine-daily.ts';
import { handlers as finance } from '../../workers/finance/handlers.ts';
import { handlers as generation } from '../../workers/generation/handlers.ts';
import { handlers as renewal } from '../../workers/renewal/handlers.ts';
import { type AskedRun, dryRun, type Perform } from '../../workers/runner/dry-run.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { handlers as unfreeze } from '../../workers/unfreeze/handlers.ts';
import type { Context } from '../http/route.ts';

/** The handlers of the workers whose processes can be executed dry. */
const handlers: Partial<Record<RunName, RunHandler>> = {
  ...generation,
  ...attendance,
  ...finance,
  ...renewal,
  ...unfreeze,
  ...cleanup,
};

/** Whether a process can say beforehand what it would do. */
export const canBeDry = (name: RunName) => 'dry_run' in runs[name].body.shape;

/** What a process would answer if it were asked now, or, for a day to come, by its next tick; nothing is written. */
export async function dryResult(name: RunName, body: Record<string, unknown>, { db, fleet, now }: Context): Promise<unknown> {
  const { settings, backend } = fleet;
  const { zone } = settings;
  const at = dryInstantOf(name, body.date, { now, zone });
  const asked = (part: RunName): AskedRun => ({
    ...(runs[part] as RunDefinition).request(body, dayOf(at, zone), at),
    process_type: part,
  });
  const { parts }: RunDefinition = runs[name];
  return dryRun({ db, settings, backend }, name, at, async (perform) => {
    if (!parts) return withoutGone(name, (await performOne(perform, name, asked)).result);
    const done = [];
    for (const part of parts as RunName[]) {
      const { status, result } = await performOne(perform, part, asked);
      done.push({ process_type: part, status, result });
    }
    return combine(done, settings.locale, zone, at);
  });
}

function performOne(perform: Perform, name: RunName, asked: (part: RunName) => AskedRun): Promise<Outcome> {
  return perform(asked(name), handlerOf(name));
}

function handlerOf(name: RunName): RunHandler {
  const handler = handlers[name];
  if (!handler) throw new TypeError(`nothing says what "${name}" would do`);
  return handler;
}

/** What a process would do at a tick to come, and each of its parts; seen by whatever is performed after it in the same dry run. */
export async function performTick(
  perform: Perform,
  name: RunName,
  at: Date,
  zone: string,
): Promise<Partial<Record<RunName, Outcome>>> {
  const { parts = [name] }: RunDefinition = runs[name];
  const date = dayOf(at, zone);
  const done: Partial<Record<RunName, Outcome>> = {};
  for (const part of parts as RunName[]) {
    const asked = { ...(runs[part] as RunDefinition).request({ date }, date, at), process_type: part };
    done[part] = await perform(asked, handlerOf(part), at);
  }
  return done;
}

/** The trainings that were made are gone again, so their ids would lead nowhere. */
function withoutGone(name: RunName, result: unknown) {
  if (name !== 'generation') return result;
  // Spread first: the answer keeps the order of its fields.
  const built = result as z.output<typeof runs.generation.result>;
  const { trainings, warnings, conflicts } = built;
  const gone = new Set(trainings.map(({ id }) => id));
  const shown = <T extends object>(about: T) =>
    'real_training_id' in about && gone.has(about.real_training_id as number) ? { ...about, real_training_id: null } : about;
  return {
    ...built,
    trainings: trainings.map((training) => ({ ...training, id: null })),
    warnings: warnings.map(shown),
    conflicts: conflicts.map(shown),
  };
}
