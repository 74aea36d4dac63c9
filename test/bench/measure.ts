import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

/** Milliseconds something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The most memory this process has ever had resident, in megabytes. */
export const mostResident = () => Math.round(process.resourceUsage().maxRSS / 1_024);

/** What a process has resident now, in kilobytes; Linux alone tells. */
export const residentKb = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
export const mb = (kilobytes: number) => Math.round(kilobytes / 1_024);

export const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
export const percentile = (values: number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

/** One line of a bench: what, how much, and what is aimed at. */
export function report(what: string, value: string, aim = '') {
  console.log(`  ${what.padEnd(58)}${value.padStart(14)}${aim ? `   (${aim})` : ''}`);
}
export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const times = (value: number) => `${value.toFixed(2)} x`;

/** Milliseconds of CPU the database's sessions of this process take for some work; what else the machine does is not in it. */
export async function cpuOf(db: Database, work: () => Promise<unknown>) {
  const spent = async () => {
    const pids = await db.anyFirst(sql.type(z.object({ pid: z.int() }))`
      select pid from pg_stat_activity where application_name = current_setting('application_name')`);
    return pids.reduce((sum, pid) => sum + ticksOf(pid) * TICK_MS, 0);
  };
  const before = await spent();
  await work();
  return (await spent()) - before;
}

const TICK_MS = 10;
/** What a process has had of the CPU, its own time and the system's on its behalf. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
