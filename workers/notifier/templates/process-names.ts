import { isRunName, type RunName, runNames, runs } from '../../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../../queues/jobs/run-definition.ts';
import { timetable } from '../../../queues/timetable/timetable.ts';

const definitionOf = (name: RunName): RunDefinition => runs[name];

/** What can be asked for by name alone: processes with a route of their own that need no more than a date. */
export const offered: readonly RunName[] = runNames.filter((name) => {
  const { path, body } = definitionOf(name);
  return path !== undefined && body.safeParse({}).success;
});

/** The process somebody typed: its name, or that of its schedule, which `/schedule` shows. Undefined when none is offered under that. */
export function offeredAs(typed: string): RunName | undefined {
  const name = isRunName(typed) ? typed : timetable.find((schedule) => schedule.name === typed)?.run;
  return offered.find((candidate) => candidate === name);
}

/** Processes nobody asks for, or that come and go all day; they are worth a line when they fail. */
export const routine: readonly RunName[] = runNames.filter((name) => {
  const { path, schedule } = definitionOf(name);
  const isPart = runNames.some((whole) => definitionOf(whole).parts?.includes(name));
  return (!path && !isPart) || schedule?.pattern.startsWith('*/');
});
