import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** A day of UTC is not the studio's for some hours of each day: whatever asks for today's then is wrong in the night only. */
const UTC_DAY = /(?:new Date\(\)|\binHours\([^)\n]*\)|Date\.now\(\)[^;\n]*)(?:\.toISOString\(\))?\.slice\(0, (?:7|10)\)/;

test('no test takes its day from the clock in UTC', () => {
  const tests = globSync('test/**/*.ts').filter((file) => !file.endsWith('structure/days.test.ts'));
  expect(tests.length).toBeGreaterThan(300);
  expect(tests.filter((file) => UTC_DAY.test(readFileSync(file, 'utf8')))).toEqual([]);
});
