import { askAny } from '../../../kit/client.ts';
import type { TextKey } from '../../../kit/i18n.ts';
import { allOf } from './records.ts';

/** Other records that a record goes with: all are set at once, or each is given and taken. */
export type RecordLink = { name: string; of: string; label: TextKey; hint: TextKey } & (
  | { as: 'whole' }
  | { as: 'each'; field: string }
);

const pathOf = (path: string, { name }: RecordLink) => `${path}/{id}/${name}`;

/** Ids of what a record goes with. */
export async function linkedTo(path: string, id: number, link: RecordLink, signal?: AbortSignal): Promise<number[]> {
  if (link.as === 'each') {
    const found = await allOf(pathOf(path, link).replace('{id}', String(id)), {}, signal);
    return found.map((one) => one.id);
  }
  const { services } = (await askAny(`GET ${pathOf(path, link)}`, { params: { id }, ...(signal ? { signal } : {}) })) as {
    services: { id: number }[];
  };
  return services.map((one) => one.id);
}

/** What is to be given and taken, to come from one list to another. */
const changeOf = (before: readonly number[], after: readonly number[]) => ({
  given: after.filter((id) => !before.includes(id)),
  taken: before.filter((id) => !after.includes(id)),
});

/** Makes a record go with these. Nothing is asked where nothing changes. */
export async function linkTo(path: string, id: number, link: RecordLink, before: readonly number[], after: readonly number[]) {
  const { given, taken } = changeOf(before, after);
  if (given.length + taken.length === 0) return;
  if (link.as === 'whole') {
    await askAny(`PUT ${pathOf(path, link)}`, { params: { id }, body: { service_ids: after } });
    return;
  }
  for (const other of given) await askAny(`POST ${pathOf(path, link)}`, { params: { id }, body: { [link.field]: other } });
  for (const other of taken) await askAny(`DELETE ${pathOf(path, link)}/{other}`, { params: { id, other } });
}
