import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { log } from '../../queues/log/log.ts';
import { answersNow } from '../../sql/database/probe.ts';
import { memoryIn } from '../../workers/notifier/alarms/memory.ts';
import { tellOutage } from '../../workers/notifier/alarms/outage.ts';
import { testDatabase } from '../support/database.ts';
import { openGate } from '../support/gate.ts';
import { type AlarmStudio, alarmStudio } from './alarm-studio.ts';

let studio: AlarmStudio;
beforeAll(async () => {
  studio = await alarmStudio();
});
beforeEach(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  await studio.begin();
  studio.telegram.received.length = 0;
  // Without a database what it last said counts.
  await memoryIn(studio.dataDir).remember({ emails: ['owner@x.example'], phones: ['+79990000001'] });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => studio.close());

const START = Date.now();
const at = (seconds: number) => new Date(START + seconds * 1_000);
/** A look so many seconds after the database went away, or at one that answers. */
const away = (seconds: number, settings = studio.settings()) => tellOutage(settings, at(0), at(seconds));
const back = (seconds: number) => tellOutage(studio.settings(), null, at(seconds));
const counts = () => [studio.telegram.received.length, studio.smtp.letters.length, studio.sms.asked.length];

test.each([
  ['59 s: it may be a restart', 59, [0, 0, 0]],
  ['60 s: an alarm by every way', 60, [1, 1, 1]],
])('%s', async (_, seconds, expected) => {
  await away(seconds);
  expect(counts()).toEqual(expected);
});

test('it is told once, once more after 15 minutes, and its end once', async () => {
  for (const seconds of [60, 70, 899]) await away(seconds);
  expect(counts()).toEqual([1, 1, 1]);
  for (const seconds of [900, 910]) await away(seconds);
  expect(counts()).toEqual([2, 2, 1]);
  // An hour after the first the second short message may leave.
  await away(3_661);
  await away(3_671);
  expect(counts()).toEqual([2, 2, 2]);
  await back(4_000);
  await back(4_010);
  expect(counts()).toEqual([3, 3, 2]);
  expect(studio.telegram.received.at(-1)?.text).toContain('answers again');
  await tellOutage(studio.settings(), at(5_000), at(5_060));
  expect(counts()).toEqual([4, 4, 2]);
});

test('a process that starts anew knows from the file what was told', async () => {
  await away(60);
  // The new one has seen nothing yet, then an outage that is young to it.
  await tellOutage(studio.settings(), at(100), at(100));
  await tellOutage(studio.settings(), at(100), at(170));
  expect(counts()).toEqual([1, 1, 1]);
  await back(200);
  expect(counts()).toEqual([2, 2, 1]);
});

test('a way that fails keeps no other from being taken, and is tried again', async () => {
  studio.smtp.said.refuses = true;
  await away(60);
  expect(counts()).toEqual([1, 0, 1]);
  studio.smtp.said.refuses = false;
  await away(70);
  await away(80);
  expect(counts()).toEqual([1, 1, 1]);
});

test('two processes at once tell it once', async () => {
  await Promise.all([away(60), away(60), away(60)]);
  expect(counts()).toEqual([1, 1, 1]);
});

test('the file holds addresses, and is for nobody else to read; a damaged one is begun anew', async () => {
  const file = join(studio.dataDir, 'alarms', 'database.json');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('owner@x.example');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, '{"since": 5');
  await away(60);
  // Nobody's address is known, but the admin chat is.
  expect(counts()).toEqual([1, 0, 0]);
});

test('a probe says whether a database answers, also where the network swallows everything', async () => {
  const database = await testDatabase();
  const gate = await openGate(database.url);
  expect(await answersNow(gate.url)).toBe(true);
  gate.blackHole();
  expect(await answersNow(gate.url)).toBe(false);
  gate.heal();
  expect(await answersNow(gate.url)).toBe(true);
  await gate.shut();
  expect(await answersNow(gate.url)).toBe(false);
  await database.close();
}, 30_000);
