import { runWorker } from '../runner/run.ts';
import { answerRequest } from './answer-request.ts';
import { handlers } from './handlers.ts';

await runWorker('finance', {
  runs: handlers,
  request: ({ db, settings }, id) => answerRequest(db, id, settings.zone),
});
