import { runWorker } from '../runner/run.ts';
import { liveAlarms, watchDatabase } from './alarms/live.ts';
import { handlers } from './handlers.ts';
import { createPost } from './outbox/post.ts';

const post = createPost();

await runWorker('notifier', {
  runs: handlers,
  drain: post.wake,
  early: watchDatabase,
  beside: (fleet, signal) => Promise.all([post.open(fleet, signal), liveAlarms(fleet, signal)]),
});
