import { runWorker } from '../run.ts';
import { liveBot } from './bot/live.ts';
import { digest } from './digest.ts';
import { paceOf } from './pace.ts';
import { createPost } from './post.ts';
import { remind } from './remind.ts';
import { fleetTurns } from './turns.ts';

const post = createPost();

await runWorker('notifier', {
  runs: { reminders: remind, digest },
  drain: post.ring,
  beside: (fleet, signal) =>
    Promise.all([post.open(fleet, signal), liveBot(fleet, fleetTurns(fleet.db, paceOf(fleet.settings.telegramPace)), signal)]),
});
