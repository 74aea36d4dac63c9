import { createHash } from 'node:crypto';
import express, { type Router } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { readFeed } from '../../sql/feeds/entries.ts';
import { findFeedReader } from '../../sql/feeds/links.ts';
import { findCompany } from '../../sql/records/company.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import { countGuesses } from '../auth/guesses.ts';
import { isKnown } from '../http/etag.ts';
import { onlyBy } from '../http/only-by.ts';
import { Problem } from '../http/problems.ts';
import { feedText } from './calendar.ts';
import { siteText } from './words.ts';

/** What is over stays in the feed for so many days, and what is to come is shown so far ahead. */
const DAYS_BACK = 30;
const DAYS_AHEAD = 400;
const MISSES_PER_MINUTE = 30;

/** `/calendar/TOKEN.ics`: somebody's days for a calendar program, which can show nothing but the address. */
export function calendarFeed({ db, settings }: Fleet): Router {
  const router = express.Router();
  const guesses = countGuesses(MISSES_PER_MINUTE);
  router.get('/calendar/:file', async (request, response) => {
    const address = request.ip ?? '';
    const rest = guesses.restOf(address);
    if (rest > 0) {
      response.set('Retry-After', String(rest));
      throw new Problem(429, 'too many calendars were asked for that are not there');
    }
    const [, token] = /^([\w-]{43})\.ics$/.exec(String(request.params.file)) ?? [];
    const now = new Date();
    const reader = token ? await findFeedReader(db, tokenHash(token), dayOf(now, settings.zone)) : null;
    if (!reader) {
      guesses.miss(address);
      throw new Problem(404, 'there is no such calendar; its link may have been renewed');
    }
    const [from, until] = [new Date(now.getTime() - DAYS_BACK * DAY_MS), new Date(now.getTime() + DAYS_AHEAD * DAY_MS)];
    const entries = await db.transaction((transaction) => readFeed(transaction, reader, from, until));
    const locale = reader.locale ?? settings.locale;
    const studio = (await findCompany(db))?.name ?? siteText(locale, 'studio');
    const text = feedText(entries, { studio, locale });
    const etag = `"${createHash('sha256').update(text).digest('base64url')}"`;
    response.set({
      'Cache-Control': 'private, no-cache',
      ETag: etag,
      'Content-Type': 'text/calendar; charset=utf-8',
      'Content-Disposition': 'inline; filename="calendar.ics"',
    });
    if (isKnown(request, etag)) response.status(304).end();
    else response.send(text);
  });
  router.all('/calendar/:file', onlyBy('GET'));
  return router;
}
