import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Manifest } from '../../workers/backups/files.ts';
import { timelineOf } from '../../workers/backups/timeline.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'timeline-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const archived = (name: string, content = '') => writeFileSync(join(folder, `${name}.gz`), gzipSync(content));
const segment = (timeline: number) => archived(`0000000${timeline}0000000000000009`);
const history = (timeline: number, ...parted: [number, string][]) =>
  archived(
    `0000000${timeline}.history`,
    parted.map(([parent, at]) => `${parent}\t${at}\tno recovery target specified\n`).join('\n'),
  );
const backup = (timeline: number, lsn: string) =>
  ({ wal: { system: '1', first: `0000000${timeline}0000000000000004`, last: '', lsn } }) as Manifest;
const followed = (timeline: number, lsn: string) => timelineOf(backup(timeline, lsn), folder, undefined);

test('where nothing parted, a backup’s own', async () => {
  expect(await followed(1, '0/5000000')).toBe(1);
  segment(1);
  expect(await followed(1, '0/5000000')).toBe(1);
});

test('the one that the studio went on along after a restore, for backups from before it parted', async () => {
  segment(1);
  segment(2);
  history(2, [1, '0/6000000']);
  expect(await followed(1, '0/6000000')).toBe(2);
  expect(await followed(1, '0/6000001')).toBe(1);
  expect(await followed(2, '0/7000000')).toBe(2);
  segment(3);
  history(3, [1, '0/6000000'], [2, 'A/0']);
  expect(await followed(1, '0/5000000')).toBe(3);
  expect(await followed(2, '9/FFFFFFFF')).toBe(3);
  expect(await followed(2, 'A/1')).toBe(2);
});

test('never one of a server that was only looked at: it has written no log', async () => {
  segment(1);
  history(2, [1, '0/6000000']);
  expect(await followed(1, '0/5000000')).toBe(1);
  expect(await followed(1, '0/7000000')).toBe(1);
});
