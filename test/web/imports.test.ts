import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { fileOfPasted, readPasted } from '../../api/web/console/modules/imports/paste.ts';
import { sql } from '../../sql/database/database.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
});
afterAll(() => world?.close());

const file = (...lines: string[]) => ({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\n')}\n`) });
const settled = (page: Page) => page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
async function open(path: string) {
  const page = await world.visit({ token: owner.token });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await settled(page);
  return page;
}

test.each([
  ['Vera Ivanova +7 916 111-22-33', { name: 'Vera Ivanova', phone: '+7 916 111-22-33', email: '' }],
  ['8 (916) 111 22 33 — Иванова Вера', { name: 'Иванова Вера', phone: '8 (916) 111 22 33', email: '' }],
  ['Ольга;+380501234567;o@x.org', { name: 'Ольга', phone: '+380501234567', email: 'o@x.org' }],
  ['Anna-Maria\t', { name: 'Anna-Maria', phone: '', email: '' }],
  ['9@x.org Oleg 12', { name: 'Oleg 12', phone: '', email: '9@x.org' }],
])('a pasted line is read: %s', (line, person) => expect(readPasted(`\n${line}\r\n  \n`)).toEqual([person]));

test('a pasted list becomes a file whose header says how names are written', async () => {
  expect(await fileOfPasted('Vera "V" I +79161112233', false).text()).toBe('name,phone,email\n"Vera ""V"" I","+79161112233",""');
  expect(await fileOfPasted('x', true).text()).toMatch(/^full_name,/);
});

inBrowser('a file of students is looked at, replaced where wished, written once, and leads to whom it made', async () => {
  const { api } = world;
  const known = await api.post('/api/students', {
    first_name: 'Rita',
    last_name: 'Known',
    phone: '+79160000101',
    email: 'old@x.org',
  });
  const path = join(tmpdir(), `students-${process.pid}.csv`);
  writeFileSync(
    path,
    'first name,last name,phone,e-mail,notes,club\nVera,Newcomer,+79160000102,,,Zarya\nRita,Known,+79160000101,r@x.org,Keen,\nOleg,Broken,12,,,\n',
  );
  const page = await open('/console/imports');
  await page.locator('input[type=file]').setInputFiles(path);
  await page.getByText('Not read, for these columns are not known: club').first().waitFor();
  await page.getByText('This is no phone number: “12”').first().waitFor();
  await page.getByText('notes: “Keen” is added').first().waitFor();
  await page.getByText('e-mail: It stays “old@x.org”; the file says “r@x.org”').first().waitFor();
  expect((await api.get('/api/search?q=Newcomer')).body.people).toEqual([]);
  await page.getByLabel(/^What the file has otherwise/).click();
  await page.getByText('e-mail: “old@x.org” becomes “r@x.org”').first().waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'wrong 1' }).click();
  await page.getByText('Vera Newcomer').waitFor({ state: 'detached' });
  await page.reload();
  await page.getByText('Oleg Broken').first().waitFor();
  await page.getByRole('button', { name: 'All 3 rows' }).click();
  await page.getByRole('button', { name: 'Write 2 rows' }).click();
  await page.getByText('Written: 1 new person, 1 person changed.').first().waitFor();
  expect(await page.getByRole('button', { name: /^Write/ }).count()).toBe(0);
  expect((await api.get(`/api/students/${known.body.id}`)).body).toMatchObject({ email: 'r@x.org', notes: 'Keen' });
  await page.getByRole('link', { name: 'Vera Newcomer' }).click();
  await page.getByRole('heading', { name: 'Vera Newcomer' }).waitFor();
  expect(world.complaints()).toEqual([]);
});

inBrowser('a change meanwhile is said with a new preview, after a reload with a word to choose the file again', async () => {
  const { api } = world;
  await api.post('/api/students', { first_name: 'Anna', last_name: 'Late', phone: '+79160000103' });
  const page = await open('/console/imports');
  const rows = file('first name,last name,phone,e-mail', 'Anna,Late,+79160000103,anna@x.org');
  const change = (email: string) => api.db.query(sql.unsafe`update users set email = ${email} where phone = '+79160000103'`);
  await page.locator('input[type=file]').setInputFiles(rows);
  await page.getByText('e-mail: “anna@x.org” is added').first().waitFor();
  await change('other@x.org');
  await page.getByRole('button', { name: 'Write 1 row' }).click();
  await page.getByText('This is a new preview of the same file.').first().waitFor();
  await page.getByText('It stays “other@x.org”; the file says “anna@x.org”').first().waitFor();
  await page.getByRole('button', { name: 'Nothing to write' }).waitFor();
  await page.getByLabel(/^What the file has otherwise/).click();
  await page.getByRole('button', { name: 'Write 1 row' }).waitFor();
  await page.reload();
  await change('third@x.org');
  await page.getByRole('button', { name: 'Write 1 row' }).click();
  await page.getByText('Choose the file again to see what it changes now.').first().waitFor();
  await page.getByRole('button', { name: 'Another file' }).click();
  await page.getByRole('button', { name: 'Choose a file' }).waitFor();
  expect(world.complaints().filter((line) => !line.includes('409'))).toEqual([]);
});

inBrowser(
  'students are pasted from the set-up, a week comes from a dropped file, what is no list is said, lists are taken out',
  async () => {
    const { api } = world;
    const page = await open('/console/start');
    await page.getByRole('link', { name: 'Paste a list' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Names and phones').fill('Boris Pasted +7 916 000-01-04\nNobody\n');
    await page.reload();
    expect(await dialog.getByLabel('Names and phones').inputValue()).toContain('Boris Pasted');
    await dialog.getByText('2 people').first().waitFor();
    await dialog.getByRole('button', { name: 'See what it changes' }).click();
    await page.getByText('A name alone does not tell who it is').first().waitFor();
    await page.getByRole('button', { name: 'Write 1 row' }).click();
    await page.getByText('Written: 1 new person.').first().waitFor();
    expect((await api.get('/api/search?q=Pasted')).body.people).toMatchObject([{ phone: '+79160000104' }]);

    const { first_name, last_name } = (await api.get('/api/specialists?limit=1')).body.items[0];
    const { name } = (await api.get('/api/training-types?limit=1')).body.items[0];
    await page.goto('/console/imports?kind=templates');
    const data = await page.evaluateHandle((text) => {
      const carried = new DataTransfer();
      carried.items.add(new File([text], 'week.csv', { type: 'text/csv' }));
      return carried;
    }, `day,time,training,trainer\nSunday,05:10,${name},${first_name} ${last_name}\n`);
    await page.getByText('Drop a CSV or Excel file here').dispatchEvent('drop', { dataTransfer: data });
    await page.getByRole('button', { name: 'Write 1 row' }).click();
    await page.getByText('Written: 1 weekly training.').first().waitFor();
    await page.getByRole('button', { name: 'Another file' }).click();
    await page.locator('input[type=file]').setInputFiles(file('a,b', '1,2'));
    await page.getByText('This could not be read as a week of trainings.').first().waitFor();

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Students, Excel' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^students-.*\.xlsx$/);
    expect(world.complaints().filter((line) => !line.includes('422'))).toEqual([]);
  },
);

inBrowser('an unclear row is decided on the spot, decided anew, and kept when the file is judged again', async () => {
  const { api } = world;
  const known = await api.post('/api/students', { first_name: 'Maria', last_name: 'Baker', phone: '+79160000301' });
  for (const email of ['twin@x.org', null])
    await api.post('/api/students', { first_name: 'Anna', last_name: 'Twin', email, birth_date: '1990-02-03' });
  const page = await open('/console/imports');
  await page
    .locator('input[type=file]')
    .setInputFiles(
      file(
        'first name,last name,phone,e-mail,born,notes',
        'Maria,Smith,+79160000301,,,left-handed',
        'Anna,Twin,,twin@x.org,1990-02-03,',
      ),
    );
  await page
    .getByText(/This phone is somebody else’s already/)
    .first()
    .waitFor();
  const merge = page.getByRole('group', { name: 'Who row 3 is' }).getByRole('link', { name: 'Merge them' });
  expect(await merge.getAttribute('href')).toMatch(/\/console\/people\/\d+\?act=merge$/);
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('group', { name: 'Who row 2 is' }).getByRole('button', { name: 'Somebody else' }).click();
  await page
    .getByText(/The phone stays with Maria Baker/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Decide anew' }).click();
  await page.getByRole('button', { name: `It is No. ${known.body.id}` }).click();
  await page.getByText('“left-handed” is added').first().waitFor();
  await page.getByLabel(/^What the file has otherwise/).click();
  await page.getByText('“Baker” becomes “Smith”').first().waitFor();
  await page.getByRole('button', { name: 'Write 1 row' }).click();
  await page.getByText('Written: 1 person changed.').first().waitFor();
  expect((await api.get(`/api/students/${known.body.id}`)).body).toMatchObject({ last_name: 'Smith', notes: 'left-handed' });
  expect(world.complaints()).toEqual([]);
});

declare const DataTransfer: new () => { items: { add(file: File): void } };
