import { appendFileSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { rotateLog } from '../../queues/process/log-files.ts';

const MOST = 100;
let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'logs-')), 'api-out.log');
});
const folder = () =>
  Object.fromEntries(readdirSync(join(file, '..')).map((name) => [name, readFileSync(join(file, '..', name), 'utf8')]));

test.each([
  [99, false],
  [100, true],
  [101, true],
])('a file of %i bytes, of 100: set aside %p', (size, isSetAside) => {
  writeFileSync(file, 'x'.repeat(size));
  rotateLog(file, MOST, 2);
  expect(folder()).toEqual(
    isSetAside ? { 'api-out.log': '', 'api-out.log.1': 'x'.repeat(size) } : { 'api-out.log': 'x'.repeat(size) },
  );
});

test('the youngest is .1, and only so many are kept', () => {
  for (const letter of ['a', 'b', 'c', 'd']) {
    appendFileSync(file, letter.repeat(MOST));
    rotateLog(file, MOST, 2);
  }
  expect(folder()).toEqual({ 'api-out.log': '', 'api-out.log.1': 'd'.repeat(MOST), 'api-out.log.2': 'c'.repeat(MOST) });
  expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600);
});

test('none are kept where none are wanted', () => {
  writeFileSync(file, 'x'.repeat(MOST));
  rotateLog(file, MOST, 0);
  expect(folder()).toEqual({ 'api-out.log': '' });
});

test('a file that is not there is no trouble', () => {
  rotateLog(file, MOST, 2);
  expect(folder()).toEqual({});
});
