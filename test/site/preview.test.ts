import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { renderAsync } from '@resvg/resvg-js';
import { drawnInTurn } from '../../api/site/drawn.ts';
import { type Preview, previewDrawing, previewVersion } from '../../api/site/preview-picture.ts';
import { sql } from '../../sql/database/database.ts';
import { pngOf } from '../../workers/notifier/pictures/svg.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { formsOf, smallSite } from './salon-site.ts';

const PUBLIC = 'https://studio.example';
let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000', PUBLIC_URL: PUBLIC, STUDIO_CURRENCY: 'KZT' } });
  shop = await smallSite(api);
});
afterAll(() => api.close());

/** Where the picture of a page is, as the page says it to whoever shows it elsewhere. */
async function addressOf(path: string): Promise<string> {
  const { text } = await formsOf(api).get(path);
  expect(text).toContain('<meta property="og:image:width" content="1200"><meta property="og:image:height" content="630">');
  return String(/<meta property="og:image" content="([^"]+)">/.exec(text)?.[1]).replaceAll('&amp;', '&');
}
const fetched = (address: string, headers: Record<string, string> = {}) =>
  fetch(address.replace(PUBLIC, api.url), { headers: { Accept: 'image/png,image/*', ...headers } });

describe('a page’s picture for previews elsewhere', () => {
  test.each([
    ['a service', () => `/s/${shop.service}-haircut`, () => `en-s${shop.service}`],
    ['a service with somebody', () => `/?service=${shop.service}&who=${shop.master}`, () => `en-s${shop.service}`],
    ['a person', () => `/s/p${shop.master}`, () => `en-p${shop.master}`],
    ['the studio', () => '/', () => 'en'],
    ['its classes, in Ukrainian', () => '/classes?lang=uk', () => 'uk'],
  ])('of %s is a PNG of 1200 x 630 at an address of its own', async (_, path, name) => {
    const address = await addressOf(path());
    expect(address).toMatch(new RegExp(`^${PUBLIC}/preview/${name()}\\.png\\?v=[0-9a-f]{12}$`));
    const answer = await fetched(address);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cross-origin-resource-policy')]).toEqual([
      200,
      'image/png',
      'cross-origin',
    ]);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
    const png = Buffer.from(await answer.arrayBuffer());
    expect([png.toString('latin1', 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(['PNG', 1_200, 630]);
    const again = await fetched(address, { 'If-None-Match': String(answer.headers.get('etag')) });
    expect(again.status).toBe(304);
  });

  test('changes its address with the price, and whatever version is asked for shows what is so now', async () => {
    const path = `/s/${shop.service}`;
    const before = await addressOf(path);
    const old = Buffer.from(await (await fetched(before)).arrayBuffer());
    await api.db.query(sql.unsafe`update services set price_minor = 990000 where id = ${shop.service}`);
    const after = await addressOf(path);
    expect(after).not.toBe(before);
    const [now, byOldAddress] = await Promise.all(
      [after, before].map(async (address) => Buffer.from(await (await fetched(address)).arrayBuffer())),
    );
    expect(now?.equals(old)).toBe(false);
    expect(byOldAddress).toEqual(now);
  });

  test('says a price in words that can be drawn', async () => {
    const { text } = await formsOf(api).get(`/s/${shop.service}?lang=ru`);
    expect(text).toMatch(/og:image:alt" content="Haircut\. 60 мин, 9\s900\sKZT"/);
  });

  test.each(['en-s999999.png', 'en-p999999.png', 'de.png', 'en-x1.png', 'en-s1.svg', 'en', '..%2Fen.png'])(
    '%s is none',
    async (file) => {
      expect((await fetched(`${PUBLIC}/preview/${file}`)).status).toBe(404);
    },
  );

  test('is not posted to', async () => {
    expect((await fetch(`${api.url}/preview/en.png`, { method: 'POST' })).status).toBe(405);
  });
});

const preview = (title: string, about = '', studio = ''): Preview => ({ of: null, title, about, studio });
/** How far what a picture shows reaches, beside the bar at its left. */
async function inked(what: Preview) {
  const png = await pngOf(previewDrawing(what));
  const { pixels, width } = await renderAsync(
    `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630"><image width="1200" height="630" href="data:image/png;base64,${png.toString('base64')}"/></svg>`,
  );
  let [right, top, bottom] = [0, Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
    if (x < 30 || Math.abs((pixels[at] ?? 0) - 0xfb) < 24) continue;
    [right, top, bottom] = [Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  return { right, top, bottom };
}

test.each([
  ['the widest letters', 'Щ'.repeat(300)],
  ['wide Latin ones', 'W'.repeat(300)],
  ['wide words', 'ЖЮЩШ Ы '.repeat(40)],
  ['narrow ones', 'i'.repeat(300)],
  ['figures', '№ 1234567890 @ % '.repeat(20)],
  ['long words', 'Электроэпиляция-подмышечных-впадин-и-бикини '.repeat(8)],
  ['a short one', 'Маникюр'],
])('%s stay within the picture', async (_, words) => {
  const { right, top, bottom } = await inked(preview(words, words, words));
  expect(right).toBeGreaterThan(200);
  expect(right).toBeLessThan(1_180);
  expect(top).toBeGreaterThan(20);
  expect(bottom).toBeLessThan(600);
});

test('each letter of our languages is drawn, what cannot be is left out, and nothing is markup', async () => {
  const letters = [...'абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёъыэ'];
  const drawn = await Promise.all(
    letters.map(async (letter) => (await pngOf(previewDrawing(preview(letter)))).toString('base64')),
  );
  const blank = (await pngOf(previewDrawing(preview('')))).toString('base64');
  expect(new Set([...drawn, blank])).toHaveProperty('size', letters.length + 1);
  expect((await pngOf(previewDrawing(preview('💅')))).toString('base64')).toBe(blank);
  expect(previewDrawing(preview('Nails 💅✨  and \u0000 more'))).toContain('>Nails and more</text>');
  expect(previewDrawing(preview('и\u0306'))).toContain('>й</text>');
  expect(previewDrawing(preview('<script>&"'))).toContain('&lt;script&gt;&amp;"');
  expect(previewVersion(preview('a'))).not.toBe(previewVersion(preview('b')));
});

test('a text that is too long is cut after a word, with an ellipsis', () => {
  const lines = [...previewDrawing(preview('very long words '.repeat(20))).matchAll(/>([^<]+)<\/text>/g)].map(([, line]) => line);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toMatch(/^[a-z ]+…$/);
  expect(lines[0]).not.toContain('…');
});

describe('pictures drawn in turn', () => {
  const held = () => {
    const ends: (() => void)[] = [];
    const draw = jest.fn((what: string) => new Promise<Buffer>((done) => void ends.push(() => done(Buffer.from(what)))));
    return { draw, ends };
  };
  const soon = () => new Promise((done) => setImmediate(done));

  test('one at a time, once for all who ask for the same, and no more wait than may', async () => {
    const { draw, ends } = held();
    const picture = drawnInTurn(draw, { kept: 5, waiting: 2 });
    const asked = [picture('a', '1', 'A'), picture('a', '1', 'A'), picture('b', '1', 'B')];
    await expect(picture('c', '1', 'C')).rejects.toMatchObject({ status: 429 });
    await soon();
    expect(draw).toHaveBeenCalledTimes(1);
    ends[0]?.();
    expect((await Promise.all(asked.slice(0, 2))).map(String)).toEqual(['A', 'A']);
    await soon();
    expect(draw).toHaveBeenCalledTimes(2);
    ends[1]?.();
    expect(String(await asked[2])).toBe('B');
    const last = picture('c', '1', 'C');
    await soon();
    ends[2]?.();
    expect(String(await last)).toBe('C');
  });

  test('one that fails is in nobody’s way', async () => {
    const draw = jest.fn(async (what: string) => {
      if (what === 'bad') throw new Error('no ink');
      return Buffer.from(what);
    });
    const picture = drawnInTurn(draw, { kept: 5, waiting: 2 });
    await expect(picture('a', '1', 'bad')).rejects.toThrow('no ink');
    expect(String(await picture('a', '1', 'good'))).toBe('good');
  });

  test('kept until another version is asked for; the one nobody asked for longest goes', async () => {
    const draw = jest.fn(async (what: string) => Buffer.from(what));
    const picture = drawnInTurn(draw, { kept: 2, waiting: 9 });
    const times = async (name: string, version = '1') => {
      const before = draw.mock.calls.length;
      await picture(name, version, name);
      return draw.mock.calls.length - before;
    };
    expect([await times('a'), await times('a'), await times('a', '2'), await times('a', '2')]).toEqual([1, 0, 1, 0]);
    expect([await times('b'), await times('a', '2'), await times('c')]).toEqual([1, 0, 1]);
    expect([await times('a', '2'), await times('b')]).toEqual([0, 1]);
  });
});
