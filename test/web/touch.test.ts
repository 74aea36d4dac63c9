import { afterAll, beforeAll, expect } from '@jest/globals';
import { type ConsoleWorld, consoleWorld, cutTexts, inBrowser, smallTargets } from './browser.ts';

let world: ConsoleWorld;
beforeAll(async () => {
  if (process.env.TEST_CHROMIUM) world = await consoleWorld();
});
afterAll(() => world?.close());

inBrowser('a smaller target is found: either way, and by its label where it has one', async () => {
  const page = await world.visit({ viewport: { width: 375, height: 800 } });
  await page.setContent(`<style>button, label { display: block; padding: 0; border: 0 }</style>
    <button style="width:44px;height:44px">whole</button><button style="width:43px;height:44px">narrow</button>
    <button style="width:44px;height:30px">low</button><p>a line with <a href="/">a link</a></p>
    <label style="height:44px"><input type="checkbox"> big</label><label style="height:20px"><input type="checkbox"> small</label>
    <div class="v-field" style="height:48px"><input style="height:20px"></div>
    <a href="/" style="position:absolute;left:-999px;display:block;width:20px;height:20px">skip</a>`);
  expect((await smallTargets(page)).map((line) => line.replace(/^(\d+x\d+): <(\w+).*/s, '$1 $2'))).toEqual([
    '43x44 button',
    '44x30 button',
    expect.stringMatching(/x20 label$/),
  ]);
});

inBrowser('words that are cut are found, but for those that scroll, or show the whole to whoever points at them', async () => {
  const page = await world.visit({ viewport: { width: 375, height: 800 } });
  const box = (name: string, style: string, more = '') =>
    `<p style="width:60px;white-space:nowrap;${style}" ${more}>${name} is far too long for its box</p>`;
  await page.setContent(
    [
      box('cut', 'overflow:hidden'),
      box('dotted', 'overflow:hidden;text-overflow:ellipsis'),
      box('titled', 'overflow:hidden;text-overflow:ellipsis', 'title="all of it"'),
      box('scrolls', 'overflow:auto'),
      '<p style="width:300px;overflow:hidden">fits</p>',
    ].join(''),
  );
  expect((await cutTexts(page)).map((line) => line.replace(/^cut: (\w+).*/s, '$1'))).toEqual(['cut', 'dotted']);
});
