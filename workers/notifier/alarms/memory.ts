import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Addresses } from './ways.ts';

const instant = z.iso.datetime();
/** Of each way of each step: when it was taken, or how many tries have failed. */
const told = z.record(z.string(), z.object({ at: instant.nullable(), failures: z.int() }));
const memory = z.object({
  /** Since when the database is away; null: it answers. */
  since: instant.nullable().default(null),
  /** When it answered again, until everybody has been told. */
  over: instant.nullable().default(null),
  told: told.default({}),
  /** When short messages left, of the last day. */
  short: z.array(instant).default([]),
  /** Where alarms go, as the database last said. */
  addresses: z.object({ emails: z.array(z.string()), phones: z.array(z.string()) }).default({ emails: [], phones: [] }),
});
/** What is known of an outage of the database while it cannot be asked. */
export type Memory = z.output<typeof memory>;

/** A lock whose holder died is taken over after this. */
const STALE_MS = 120_000;

/** The memory of a host, a file in the data folder. One process at a time works with it. */
export function memoryIn(dataDir: string) {
  const folder = join(dataDir, 'alarms');
  const file = join(folder, 'database.json');
  const lock = join(folder, 'lock');

  const read = async (): Promise<Memory> => {
    const words = await readFile(file, 'utf8').catch(() => '{}');
    const parsed = memory.safeParse(parsedJson(words));
    return parsed.success ? parsed.data : memory.parse({});
  };
  const write = async (of: Memory) => {
    const unfinished = `${file}.${process.pid}.tmp`;
    await writeFile(unfinished, JSON.stringify(of, null, 2), { mode: 0o600 });
    await rename(unfinished, file);
  };

  return {
    read,
    /** Does something with the memory and keeps what it returns; nothing where another process is at it. */
    async alone(work: (known: Memory, keep: (of: Memory) => Promise<void>) => Promise<void>): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (!(await taken(lock))) return;
      try {
        await work(await read(), write);
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
    },
    /** Remembers where alarms go. */
    async remember(addresses: Addresses): Promise<void> {
      const known = await read();
      if (JSON.stringify(known.addresses) === JSON.stringify(addresses)) return;
      await this.alone(async (now, keep) => keep({ ...now, addresses }));
    },
  };
}

async function taken(lock: string): Promise<boolean> {
  const made = () =>
    mkdir(lock).then(
      () => true,
      () => false,
    );
  if (await made()) return true;
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age < STALE_MS) return false;
  await rm(lock, { recursive: true, force: true });
  return made();
}

function parsedJson(words: string): unknown {
  try {
    return JSON.parse(words);
  } catch {
    return {};
  }
}
