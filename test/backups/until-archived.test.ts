import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import { untilArchived } from '../../workers/backups/until-archived.ts';
import { noTick } from './archiving-studio.ts';

const dir = mkdtempSync(join(tmpdir(), 'until-archived-'));
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A server that is asked half a minute apart and says each time how much its archiver has kept by then. */
function server(kept: (look: number) => number, atLook: (look: number) => void = () => undefined) {
  let [now, looks] = [0, 0];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  return {
    looks: () => looks,
    async query(text: string) {
      if (text.includes('last_failed_wal'))
        return { rows: [{ file: '0000000100000000000000AB', at: new Date('2026-11-22T02:00:00Z') }] };
      now += 30_000;
      looks += 1;
      atLook(looks);
      return { rows: [{ kept: String(kept(looks)) }] };
    },
  };
}
const until = (at: ReturnType<typeof server>, file: string) => untilArchived(at as never, join(dir, file), noTick);

test('an archiver that is behind and goes on is waited for, however long it takes', async () => {
  const path = join(dir, 'late.gz');
  const busy = server(
    (look) => 700 + look,
    (look) => look === 6 && writeFileSync(path, ''),
  );
  await until(busy, 'late.gz');
  expect(busy.looks()).toBe(6);
});

test('now and then it takes a minute for one file', async () => {
  const path = join(dir, 'slow.gz');
  const slow = server(
    (look) => Math.floor(look / 3),
    (look) => look === 7 && writeFileSync(path, ''),
  );
  await until(slow, 'slow.gz');
  expect(slow.looks()).toBe(7);
});

test('one that has kept nothing for more than a minute is given up, with its trouble', async () => {
  const still = server(() => 700);
  await expect(until(still, 'never.gz')).rejects.toThrow(
    /is not archived: 0000000100000000000000AB could not be archived at 2026-11-22T02:00:00.000Z; the server's log says why/,
  );
  expect(still.looks()).toBe(4);
});

test('a file that is archived already is not asked for', async () => {
  writeFileSync(join(dir, 'there.gz'), '');
  const idle = server(() => 0);
  await until(idle, 'there.gz');
  expect(idle.looks()).toBe(0);
});
