import { afterAll, beforeAll, expect } from '@jest/globals';
import { type ConsoleWorld, consoleWorld, inBrowser, smallTargets } from './browser.ts';

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
    <label style="height:44px"><input type="checkbox"> big</label><label style="height:20px"><input type="checkbox"> small</label>`);
  expect((await smallTargets(page)).map((line) => line.replace(/^(\d+x\d+): <(\w+).*/s, '$1 $2'))).toEqual([
    '43x44 button',
    '44x30 button',
    expect.stringMatching(/x20 label$/),
  ]);
});
