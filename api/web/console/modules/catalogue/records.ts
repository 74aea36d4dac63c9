import { useMutation, useQueryClient } from '@tanstack/vue-query';
import { computed, type Ref } from 'vue';
import { allPagesOf, type Page } from '../../../kit/all-pages.ts';
import { amountFrom, typedAmount } from '../../../kit/amounts.ts';
import { askAny } from '../../../kit/client.ts';
import { useQuery } from '../../../kit/queries.ts';
import type { Field, Kind, Part, StudioRecord, Value } from './kinds.ts';

/** All records at a path, page by page; a studio has some dozens of a kind. */
export const allOf = (path: string, query: Record<string, unknown> = {}, signal?: AbortSignal) =>
  allPagesOf(
    (cursor) =>
      askAny(`GET ${path}`, { query: { ...query, limit: '200', cursor }, ...(signal ? { signal } : {}) }) as Promise<
        Page<StudioRecord>
      >,
  );

export const useRecords = (path: Ref<string>) =>
  useQuery({ queryKey: computed(() => ['records', path.value]), queryFn: ({ signal }) => allOf(path.value, {}, signal) });

/** What a form shows of a record, or of a new one: money as it is typed, nothing as an empty field. */
export function draftOf(fields: readonly Field[], record: StudioRecord | null, initial: Record<string, Value> = {}) {
  return Object.fromEntries(
    fields.map((field): [string, Value] => {
      const value = (record ? record[field.name] : initial[field.name]) as Value | undefined;
      if (field.as === 'money') return [field.name, typedAmount(Number(value ?? 0))];
      if (field.as === 'flag') return [field.name, value === true];
      if (field.as === 'parts') return [field.name, structuredClone((value ?? []) as Part[])];
      return [field.name, value ?? (field.as === 'text' || field.as === 'long' ? '' : null)];
    }),
  );
}

const isEmpty = (value: Value | undefined) =>
  value === null || value === undefined || (typeof value === 'string' && !value.trim());

/** The minor units of a price; an empty field is free. Null: it is no amount. */
const priceFrom = (value: Value | undefined) =>
  isEmpty(value) || /^0+([.,]0*)?$/.test(String(value).trim()) ? 0 : amountFrom(String(value));

function isRight(field: Field, value: Value | undefined): boolean {
  if (field.as === 'flag') return true;
  if (field.as === 'money') return priceFrom(value) !== null;
  if (field.as === 'parts') {
    const parts = (value ?? []) as Part[];
    return (
      parts.length > 0 &&
      parts.every(({ service_id, units }) => service_id !== null && Number.isInteger(Number(units)) && Number(units) > 0)
    );
  }
  if (isEmpty(value)) return field.isOptional === true;
  if (field.as !== 'number') return true;
  const number = Number(value);
  return Number.isInteger(number) && number >= field.min && number <= field.max;
}

/** Whether a form can be sent; what belongs together the server judges. */
export const isWhole = (fields: readonly Field[], draft: Record<string, Value>) =>
  fields.every((field) => isRight(field, draft[field.name]));

/** What is sent of a form. */
export const bodyOf = (fields: readonly Field[], draft: Record<string, Value>): Record<string, unknown> =>
  Object.fromEntries(
    fields.map((field): [string, unknown] => {
      const value = draft[field.name];
      if (field.as === 'money') return [field.name, priceFrom(value)];
      if (field.as === 'flag') return [field.name, value === true];
      if (field.as === 'parts')
        return [field.name, ((value ?? []) as Part[]).map(({ service_id, units }) => ({ service_id, units: Number(units) }))];
      if (isEmpty(value)) return [field.name, null];
      return [field.name, field.as === 'number' ? Number(value) : typeof value === 'string' ? value.trim() : value];
    }),
  );

/** Writes records of a path, and asks again for whatever shows them. */
export function useWrites() {
  const queries = useQueryClient();
  const onSettled = () =>
    Promise.all([['records'], ['directory'], ['tonight']].map((queryKey) => queries.invalidateQueries({ queryKey })));
  const save = useMutation({
    mutationFn: async ({ path, id, body }: { path: string; id: number | null; body: Record<string, unknown> }) =>
      (await askAny(id === null ? `POST ${path}` : `PATCH ${path}/{id}`, { params: { id }, body })) as StudioRecord,
    onSettled,
  });
  const remove = useMutation({
    mutationFn: ({ path, id }: { path: string; id: number }) => askAny(`DELETE ${path}/{id}`, { params: { id } }),
    onSettled,
  });
  return { save, remove };
}

/** Those that are in use first, each group by name. */
export const inOrder = (kind: Kind, records: readonly StudioRecord[]) =>
  records.toSorted(
    (a, b) =>
      Number(b.is_active ?? true) - Number(a.is_active ?? true) ||
      String(a.date ?? kind.titleOf(a)).localeCompare(String(b.date ?? kind.titleOf(b))),
  );
