import { runWorker } from '../runner/run.ts';
import { followChanges } from '../undo/follow.ts';
import { answerRequest } from './answer-request.ts';
import { handlers } from './handlers.ts';

await runWorker('finance', {
  runs: handlers,
  drain: ({ db }) => followChanges(db),
  request: ({ db, settings }, id) => answerRequest(db, id, settings.zone),
});
