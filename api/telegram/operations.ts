import { isRunName, type RunName, runNames, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { lockConfirmation } from '../../sql/bot/confirmations.ts';
import { latestAttempt } from '../../sql/bot/runs.ts';
import { findRun } from '../../sql/runs/find.ts';
import { offeredAs } from '../../workers/notifier/templates/process-names.ts';
import type { BotAsking } from './admission.ts';
import type { Turn } from './decision.ts';

/** What is no name or number of anything is answered to whoever may look at what there is. */
const LOOK: BotAsking = { operation: 'GET /schedule' };

/** The number behind a button or a command; 0 for what is none. */
export const numberBehind = (argument: string) => (/^\d{1,9}$/.test(argument) ? Number(argument) : 0);

/** The numbers behind a button, between dots; none where something else stands there. */
export const numbersBehind = (argument: string): number[] =>
  /^\d{1,9}(\.\d{1,9})*$/.test(argument) ? argument.split('.').map(Number) : [];

/** The run that `/retry` names: its number, also with a #, or that of its key's latest attempt. */
export async function runIdIn({ db }: Turn, args: string): Promise<number | null> {
  const [, digits] = /^#?(\d{1,9})$/.exec(args) ?? [];
  if (digits) return Number(digits);
  return args === '' ? null : ((await latestAttempt(db, args))?.id ?? null);
}

/** An operation on the row whose number stands behind the word. */
export const onRow = (operation: string) => (_turn: Turn, argument: string) => ({
  operation,
  params: { id: numbersBehind(argument.replace(/\.[a-z]+$/, ''))[0] ?? 0 },
});

/** The same on a student's place in a training: `TRAINING.STUDENT`. */
export const onPlace = (operation: string) => (_turn: Turn, argument: string) => {
  const [id = 0, student_id = 0] = numbersBehind(argument.replace(/\.[a-z]+$/, ''));
  return { operation, params: { id, student_id } };
};

/** Starting a process: its own route. */
export function ofRun(_turn: Turn, args: string): BotAsking {
  const name = offeredAs(args.toLowerCase().split(/\s+/)[0] ?? '');
  return name ? triggerOf(name) : LOOK;
}

/** Confirming a start, or dropping it: the route of the process that was asked for. */
export async function ofConfirmation({ db, now }: Turn, argument: string): Promise<BotAsking> {
  const confirmation = await lockConfirmation(db, numberBehind(argument), now);
  return confirmation && isRunName(confirmation.run) ? triggerOf(confirmation.run) : LOOK;
}

/** Repeating a run: the route of its process. */
export async function ofRetry(turn: Turn, args: string): Promise<BotAsking> {
  const run = await findRun(turn.db, (await runIdIn(turn, args)) ?? 0);
  return run && isRunName(run.process_type) ? triggerOf(run.process_type) : LOOK;
}

/** A process without a route is asked for as a part of another; one that only its schedule starts belongs to whoever may let that go on. */
function triggerOf(name: RunName): BotAsking {
  const definitionOf = (run: RunName): RunDefinition => runs[run];
  const whole = runNames.find((run) => definitionOf(run).parts?.includes(name));
  const path = definitionOf(name).path ?? (whole && definitionOf(whole).path);
  return { operation: path ? `POST ${path}` : 'POST /schedule/{name}/resume' };
}
