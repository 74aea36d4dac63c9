import type { Page, Request } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { boxOf, columnOf, drag, entryOf, HOUR } from './board-hand.ts';

/** Pixels of a minute, and the minute at the top of the board. */
const [SCALE, FIRST] = [HOUR / 60, 480];
const PATIENCE_SECONDS = 60;
const SOON_MS = 2_000;

/** What somebody does at the board, by its names of entries and columns. */
export type Doing =
  | { kind: 'move'; key: string; column: string; minute: number; agrees: boolean }
  | { kind: 'resize'; key: string; by: number; agrees: boolean }
  | { kind: 'cancel'; key: string }
  | { kind: 'undo'; byKey: boolean };

/** What the server has accepted of a person: of an undo its own address, of all else what takes it back, or null. */
export type Accepted = { key: string | null; what: 'move' | 'cancel' | 'undo'; href: string | null; answer: Answer };
type Answer = { undo?: { href: string } | null; version?: number; starts_at?: string; ends_at?: string };

/** Somebody at a board that is open, who acts by mouse and keys as a person does, and waits until each act has come to its end. */
export function actor(page: Page) {
  const accepted: Accepted[] = [];
  const reading: Promise<unknown>[] = [];
  const underWay = new Set<Request>();
  const isWrite = (request: Request) => !['GET', 'HEAD'].includes(request.method());
  page.on('request', (request) => {
    if (!isWrite(request)) return;
    underWay.add(request);
    const over = request.response().then((response) => response?.finished());
    void over.catch(() => undefined).then(() => underWay.delete(request));
  });
  page.on('response', (response) => {
    if (!isWrite(response.request()) || response.status() !== 200) return;
    const { pathname } = new URL(response.url());
    const asked = response.request().postDataJSON() as { dry_run?: boolean } | null;
    if (asked?.dry_run) return;
    reading.push(
      response.json().then((answer: Answer) => {
        const [, kind, id, rest] = /^\/(real-trainings|bookings|undo)\/(\d+)(?:\/(\w+))?$/.exec(pathname) ?? [];
        if (kind === 'undo') accepted.push({ key: null, what: 'undo', href: pathname, answer });
        else if (kind)
          accepted.push({
            key: `${kind === 'bookings' ? 'booking' : 'training'}-${id}`,
            what: rest === 'cancel' ? 'cancel' : 'move',
            href: answer.undo?.href ?? null,
            answer,
          });
      }),
    );
  });

  const dialog = page.getByRole('dialog').last();
  const ghost = page.locator('.ghost');
  const soon = (act: Promise<void>) => act.catch(() => undefined);

  /** Answers what is asked, leaves what opened by the way, and waits until nothing is under way any more. */
  const settle = (agrees: boolean) =>
    eventually(async () => {
      const [isCarried, isAsked] = [(await ghost.count()) > 0, (await dialog.count()) > 0];
      if (isCarried && isAsked)
        await soon(dialog.getByRole('button', { name: agrees ? /^Move/ : 'Leave it' }).click({ timeout: SOON_MS }));
      else if (isAsked && underWay.size === 0) await page.keyboard.press('Escape');
      return !isCarried && !isAsked && underWay.size === 0;
    }, PATIENCE_SECONDS);

  async function move({ key, column, minute, agrees }: Extract<Doing, { kind: 'move' }>) {
    const [box, track] = [await boxOf(page, key), await columnOf(page, column).boundingBox()];
    if (!track) throw new Error(`${column} is not drawn`);
    await drag(page, { x: box.x + 20, y: box.y + 6 }, { x: track.x + 20, y: track.y + (minute - FIRST) * SCALE + 6 });
    await page.mouse.up();
    await settle(agrees);
  }
  async function resize({ key, by, agrees }: Extract<Doing, { kind: 'resize' }>) {
    const { x, y, height } = await boxOf(page, key);
    await drag(page, { x: x + 20, y: y + height - 2 }, { x: x + 20, y: y + height - 2 + by * SCALE });
    await page.mouse.up();
    await settle(agrees);
  }
  async function cancel({ key }: Extract<Doing, { kind: 'cancel' }>) {
    await soon(entryOf(page, key).click({ timeout: SOON_MS }));
    const act = dialog.getByRole('button', { name: 'Call off' });
    await soon(act.click({ timeout: SOON_MS }));
    await soon(dialog.getByLabel('Reason').fill('random', { timeout: SOON_MS }));
    await soon(act.click({ timeout: SOON_MS }));
    await settle(true);
  }
  async function undo({ byKey }: Extract<Doing, { kind: 'undo' }>) {
    const button = page.getByRole('button', { name: 'Undo' });
    if (byKey || (await button.count()) === 0) await page.keyboard.press('Control+z');
    else await soon(button.first().click({ timeout: SOON_MS }));
    await settle(true);
  }

  return {
    page,
    act: (doing: Doing): Promise<unknown> =>
      doing.kind === 'move'
        ? move(doing)
        : doing.kind === 'resize'
          ? resize(doing)
          : doing.kind === 'cancel'
            ? cancel(doing)
            : undo(doing),
    /** What was accepted so far. */
    async accepted() {
      await Promise.all(reading);
      return accepted;
    },
  };
}
