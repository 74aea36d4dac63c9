import { runWorker } from '../runner/run.ts';
import { handlers } from './handlers.ts';
import { createPost } from './outbox/post.ts';

const post = createPost();

await runWorker('notifier', { runs: handlers, drain: post.wake, beside: post.open });
