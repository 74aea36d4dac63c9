import { describe, expect, test } from '@jest/globals';
import { whyWeak } from '../../queues/process/weak-secret.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';

const weak: [why: string, secret: string, name: string | undefined, says: RegExp][] = [
  ['23 characters', 'kV7-2mQx9_Lw4-tRz8Bn3-Y', undefined, /^shorter than 24 characters$/],
  ['one character', 'a'.repeat(64), undefined, /^made of fewer than 8/],
  ['seven characters', 'abcdxyz'.repeat(5), undefined, /^made of fewer than 8/],
  ['one piece again and again', 'kV7-2mQx9'.repeat(3), undefined, /^one piece repeated$/],
  ['the last time cut off', `${'kV7-2mQx9'.repeat(3)}kV7`, undefined, /^one piece repeated$/],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyz', undefined, /^a run of neighbouring characters$/],
  ['digits up and down', '012345678987654321012345678', undefined, /^a run of neighbouring characters$/],
  ['known words', 'my-secret-password-change-me', undefined, /^made of words/],
  ['known words and a year', 'StudioAdminPassword2026!!', undefined, /^made of words/],
  ['its own name', 'reception-reception-2026-x', 'reception', /^made of words|^one piece/],
  ['its own name in capitals', 'RECEPTION-of-Moscow-2026-1', 'reception', /^made of words/],
];
describe('weak', () => {
  test.each(weak)('%s: %s', (_, secret, name, says) => {
    expect(whyWeak(secret, name)).toMatch(says);
  });
});

const strong: [string, string][] = [
  ['24 characters', 'kV7-2mQx9_Lw4-tRz8Bn3-Yp'],
  ['hexadecimal digits', '9f86d081884c7d659a2feaa0c55ad015'],
  ['a sentence nobody else says', 'eleven purple boats sang over Minsk'],
  ['a known word before a secret', 'secret-kV7-2mQx9_Lw4-tRz8Bn3-Yp'],
  ['a secret with a short word in it by chance', 'kV7-2mQx9_test-tRz8Bn3-YpQw7'],
];
describe('strong', () => {
  test.each(strong)('%s: %s', (_, secret) => {
    expect(whyWeak(secret, 'desk')).toBeNull();
  });

  test('every secret the fleet makes itself', () => {
    for (let tries = 0; tries < 1_000; tries += 1) expect(whyWeak(newSecret(), 'desk')).toBeNull();
  });
});
