import { useQueryClient } from '@tanstack/vue-query';
import { onBeforeUnmount, onMounted, shallowRef } from 'vue';
import { ask } from '../../../kit/client.ts';
import { ownKept } from '../../../kit/draft.ts';
import { t } from '../../../kit/i18n.ts';
import { session } from '../../../kit/session.ts';
import { notify } from '../../shell/notices.ts';
import { troubleWords } from '../../shell/trouble.ts';
import { type Mark, markQueue } from './marks.ts';

const version = shallowRef(0);

/** Marking attendance by taps: what is marked is shown at once, sent a little later, and can be taken back. */
export function useMarks() {
  const queries = useQueryClient();
  const own = ownKept('marks');
  const queue = markQueue({
    async send(training, marks, isLeaving) {
      try {
        await ask('POST /real-trainings/{id}/attendance', {
          params: { id: String(training) },
          body: { marks: marks.map(({ student, status }) => ({ student_id: student, status })) },
          keepalive: isLeaving,
        });
      } catch (error) {
        notify(`${t('day.not_marked')} ${troubleWords(error)}`, { isTrouble: true });
      }
      await queries.invalidateQueries({ queryKey: ['training', training] });
    },
    later(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    keep: own.keep,
    kept: () => (own.read() as Mark[] | null) ?? [],
    changed: () => (version.value += 1),
  });
  const leave = () => void queue.flush(true);
  onMounted(() => addEventListener('pagehide', leave));
  onBeforeUnmount(() => {
    removeEventListener('pagehide', leave);
    // What somebody marked who is signed out by now waits until they are back: it is not to be sent as anybody else.
    if (session.me.value) void queue.flush();
    else queue.rest();
  });

  return {
    /** What is marked and not sent yet; follows the taps where it is used in a template. */
    statusOf(training: number, student: number) {
      return version.value >= 0 ? queue.of(training, student) : undefined;
    },
    mark(mark: Mark, name: string, before: string) {
      queue.mark(mark);
      const undo = () => {
        if (queue.unmark(mark)) return;
        if (before === 'PRESENT' || before === 'ABSENT') queue.mark({ ...mark, status: before });
      };
      notify(t(mark.status === 'PRESENT' ? 'day.came' : 'day.missed', { name }), { action: { title: t('undo'), run: undo } });
    },
  };
}
