import { runWorker } from '../runner/run.ts';
import { createPost } from './outbox/post.ts';
import { digest } from './reminders/digest.ts';
import { remind } from './reminders/remind.ts';

const post = createPost();

await runWorker('notifier', { runs: { reminders: remind, digest }, drain: post.wake, beside: post.open });
