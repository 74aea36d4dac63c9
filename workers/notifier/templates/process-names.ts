import { type RunName, runNames, runs } from '../../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../../queues/jobs/run-definition.ts';
import { timetable } from '../../../queues/timetable/timetable.ts';

const definitionOf = (name: RunName): RunDefinition => runs[name];

/** What people call a process: its schedule's name where it has one of its own, which is what `/schedule` shows. */
export const callName = (name: RunName): string => timetable.find((schedule) => schedule.run === name)?.name ?? name;

/** What can be asked for by name alone: processes with a door of their own that need no more than a date. */
export const offered: RunName[] = runNames.filter((name) => {
  const { path, body } = definitionOf(name);
  return path !== undefined && body.safeParse({}).success;
});

/** The process that people mean; undefined when none is offered under that name. */
export const offeredAs = (called: string): RunName | undefined =>
  offered.find((name) => callName(name) === called) ?? offered.find((name) => name === called);

/** Processes nobody asks for, which come and go all day; they are worth a line when they fail. */
export const routine: string[] = runNames
  .filter((name) => !definitionOf(name).path && !runNames.some((whole) => definitionOf(whole).parts?.includes(name)))
  .map((name) => runs[name].processType);
