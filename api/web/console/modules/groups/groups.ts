import { type AnswerTo, askAny } from '../../../kit/client.ts';

export type Group = { id: number; name: string; trainer_id: number; is_active: boolean };
export type Member = AnswerTo<'GET /api/groups/{id}/members'>['items'][number];
export type Template = { id: number; group_id: number | null };

const listOf = async <T>(path: string, signal: AbortSignal) =>
  ((await askAny(`GET ${path}`, { query: { limit: '200' }, signal })) as { items: T[] }).items;

/** All groups that one may see. */
export const listGroups = (signal: AbortSignal) => listOf<Group>('/api/groups', signal);
/** The weekly trainings, by which a group's trainings are known. */
export const listTemplates = (signal: AbortSignal) => listOf<Template>('/api/training-templates', signal);
