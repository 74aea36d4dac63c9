import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { labelled } from '../../api/site/book-page.ts';
import { formToken, isFormToken, personOfToken, personToken } from '../../api/site/forms.ts';
import { html } from '../../api/site/html.ts';
import { siteFormats } from '../../api/site/words.ts';

type Texts = Record<string, string>;
const [ru, uk, en] = ['ru', 'uk', 'en'].map(
  (locale): Texts => JSON.parse(readFileSync(`api/site/texts/${locale}.json`, 'utf8')),
) as [Texts, Texts, Texts];
const SUFFIX = /_(one|few|many|other)$/;
const bare = (texts: Texts) => [...new Set(Object.keys(texts).map((key) => key.replace(SUFFIX, '')))];
const holes = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test('the three languages of the site say the same things', () => {
  expect(bare(ru)).toEqual(bare(en));
  expect(bare(uk)).toEqual(bare(en));
  for (const key of Object.keys(en))
    for (const texts of [ru, uk]) expect([key, holes(texts[key])]).toEqual([key, holes(en[key])]);
  const forms = Object.keys(en)
    .filter((key) => key.endsWith('_other'))
    .map((key) => key.replace(SUFFIX, ''));
  for (const key of forms)
    for (const texts of [ru, uk])
      for (const form of ['one', 'few', 'many', 'other']) expect(texts[`${key}_${form}`]).toEqual(expect.any(String));
});

test('each text of the site is said somewhere', () => {
  const code = globSync('api/site/**/*.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const made = /^(wrong|online\.state|pay|booked|cabinet\.(ask|asked|back|bought|status|visit|kind|entry|invoice))\./;
  expect(bare(en).filter((key) => !made.test(key) && !code.includes(`'${key}'`))).toEqual([]);
});

test('where the clock is set back, the two starts of one time are told apart; nothing is shown of the hour that is skipped', () => {
  const kyiv = siteFormats('en', 'Europe/Kyiv', 'UAH');
  const autumn = ['2025-10-25T23:30:00.000Z', '2025-10-26T00:30:00.000Z', '2025-10-26T01:30:00.000Z', '2025-10-26T02:30:00.000Z'];
  expect(labelled(kyiv, autumn).map(({ label }) => label)).toEqual(['02:30', '03:30 GMT+3', '03:30 GMT+2', '04:30']);
  const spring = ['2025-03-30T00:30:00.000Z', '2025-03-30T01:30:00.000Z'];
  expect(labelled(kyiv, spring).map(({ label }) => label)).toEqual(['02:30', '04:30']);
  // Also where the other one is not there to be seen.
  expect([kyiv.short(autumn[1]!), kyiv.short(autumn[2]!), kyiv.short(autumn[3]!)]).toEqual([
    'Sun 03:30 GMT+3',
    'Sun 03:30 GMT+2',
    'Sun 04:30',
  ]);
  expect(kyiv.moment(autumn[2]!)).toMatch(/^Sunday.+ 03:30 GMT\+2$/);
});

test('people’s own words are text in a page, never markup', () => {
  const name = '<img src=x onerror=1>"\'&';
  expect(html`<p title="${name}">${[name, html`<b>${1}</b>`, null, false]}</p>`.text).toBe(
    '<p title="&lt;img src=x onerror=1&gt;&quot;&#39;&amp;">&lt;img src=x onerror=1&gt;&quot;&#39;&amp;<b>1</b></p>',
  );
});

test('a form’s token is good for twelve hours, and for the session it was given to', () => {
  const secret = Buffer.from('a secret of a test');
  const now = new Date();
  const after = (hours: number, ms: number) => new Date(now.getTime() + hours * 3_600_000 + ms);
  const token = formToken(secret, 7, now);
  expect(isFormToken(secret, token, 7, after(12, -1))).toBe(true);
  expect(isFormToken(secret, token, 7, after(12, 0))).toBe(false);
  for (const other of [8, null]) expect(isFormToken(secret, token, other, now)).toBe(false);
  expect(isFormToken(Buffer.from('another'), token, 7, now)).toBe(false);
  const person = personToken(secret, 17, 'hold', now);
  expect(personOfToken(secret, person, 'hold', after(0, 1_199_999))).toBe(17);
  expect(personOfToken(secret, person, 'hold', after(0, 1_200_000))).toBeNull();
  expect(personOfToken(secret, person.replace('17.', '18.'), 'hold', now)).toBeNull();
  expect(personOfToken(secret, person, 'another hold', now)).toBeNull();
  expect(isFormToken(secret, person, null, now)).toBe(false);
});
