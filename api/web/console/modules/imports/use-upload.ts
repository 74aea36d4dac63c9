import { useMutation } from '@tanstack/vue-query';
import { shallowRef } from 'vue';
import { type AnswerTo, ask } from '../../../kit/client.ts';

export const IMPORT_KINDS = ['students', 'templates'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];
export type Preview = AnswerTo<'GET /api/imports/{id}'>;
/** Why a preview can be confirmed no more: the data is not as it was shown, or its day is over. */
export type Reason = 'changed' | 'expired';
type Chosen = { file: Blob; name: string; kind: ImportKind };
/** Who a row is, by its number: a person the studio knows, or somebody else. */
export type Decided = Readonly<Record<number, number | 'new'>>;
type Wish = { overwrite: boolean; order: 'dmy' | 'mdy' | null; decided: Decided };

const TYPES = [
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
];

/** The file that is looked at, for as long as the page is not loaded anew, so that it can be judged again. */
const chosen = shallowRef<(Chosen & Wish & { id: number }) | null>(null);

/** Sends a file to be judged; nothing is written. `again` sends the one that made a preview once more. */
export function useUpload(shown: (made: { id: number; kind: ImportKind }) => unknown) {
  const upload = useMutation({
    mutationFn: async ({ file, name, kind, overwrite, order, decided }: Chosen & Wish) => {
      const who = Object.entries(decided).map((one) => one.join(':'));
      const query = {
        file_name: name.slice(0, 200),
        overwrite: overwrite ? ('true' as const) : ('false' as const),
        ...(order ? { date_order: order } : {}),
        ...(who.length > 0 ? { decided: who.join(',') } : {}),
      };
      const headers = { 'Content-Type': TYPES.includes(file.type) ? file.type : 'application/octet-stream' };
      const made = await ask(`POST /api/imports/${kind}`, { file, query, headers });
      chosen.value = { file, name, kind, overwrite, order, decided, id: made.id };
      return made;
    },
    onSuccess: (made) => shown(made),
  });
  const isAtHand = (id: number) => chosen.value?.id === id;
  const again = (wish: Partial<Wish>) =>
    chosen.value ? upload.mutateAsync({ ...chosen.value, ...wish }) : Promise.resolve(null);
  const decidedIn = (id: number): Decided => (isAtHand(id) ? (chosen.value?.decided ?? {}) : {});
  return { upload, isAtHand, decidedIn, again };
}
