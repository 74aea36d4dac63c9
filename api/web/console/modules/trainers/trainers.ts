import type { AnswerTo } from '../../../kit/client.ts';

export type Absence = AnswerTo<'GET /api/specialist-absences/{id}'>;
