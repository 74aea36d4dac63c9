import { onScopeDispose, shallowRef } from 'vue';
import { type Column, carriedTo } from './columns.ts';
import type { Entry, Place } from './entries.ts';
import { columnAt, isDrag, lengthWithin, SCALE, snappedFrom, startWithin } from './geometry.ts';

/** An entry on its way, by pointer or by keys, and where it would be put. */
export type Carried = { entry: Entry; place: Place; by: 'pointer' | 'keys' };
type How = 'move' | 'resize';
/** Pixels from an edge at which the board scrolls, and by how many each frame. */
const EDGE = { near: 56, by: 8 };
/** Milliseconds that a finger rests before it carries; until then it scrolls. */
const PRESS_MS = 300;

type Board = {
  columns(): readonly Column[];
  boxes(): readonly DOMRect[];
  /** The minute at the top of the columns. */
  firstMinute(): number;
  /** What scrolls when something is carried to its upper or lower edge. */
  frame(): HTMLElement | null;
  drop(entry: Entry, place: Place): void;
};

/** Carries entries: by a pointer once it has gone 4 px, by a finger after a press. Escape puts back. */
export function useDrag(board: Board) {
  const carried = shallowRef<Carried | null>(null);
  let wasDragged = false;
  let stop = () => {};
  onScopeDispose(() => stop());

  /** The click comes with the end of the pointer; a later one is another. */
  const settle = () => void setTimeout(() => (wasDragged = false), 50);

  function start(event: PointerEvent, entry: Entry, how: How) {
    wasDragged = false;
    if (!entry.isMovable || event.button !== 0 || !event.isPrimary || carried.value) return;
    const from = { x: event.clientX, y: event.clientY };
    const grabbed = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const grip = how === 'move' ? event.clientY - grabbed.top : 0;
    const isTouch = event.pointerType === 'touch';
    let isReady = !isTouch;
    const press = setTimeout(() => {
      isReady = true;
      if (isTouch) carry(from.x, from.y);
    }, PRESS_MS);
    let [pointer, frame] = [from, 0];
    /** Goes on scrolling for as long as the pointer rests at an edge. */
    function scroll() {
      const box = board.frame()?.getBoundingClientRect();
      if (!carried.value || !box) return;
      const by = pointer.y < box.top + EDGE.near ? -EDGE.by : pointer.y > box.bottom - EDGE.near ? EDGE.by : 0;
      const before = board.frame()?.scrollTop;
      if (by !== 0) board.frame()?.scrollBy(0, by);
      if (board.frame()?.scrollTop !== before) carry(pointer.x, pointer.y);
      frame = requestAnimationFrame(scroll);
    }

    function carry(x: number, y: number) {
      const boxes = board.boxes();
      const at = how === 'move' ? columnAt(boxes, x) : 0;
      const [box, column] = [boxes[at], board.columns()[at]];
      if (!box || !column) return;
      const minute = (y - grip - box.top) / SCALE + board.firstMinute();
      const { from: starts, minutes } = entry.place;
      const place =
        how === 'move'
          ? carriedTo(entry, column, startWithin(snappedFrom(minute, starts)))
          : { ...entry.place, minutes: lengthWithin(snappedFrom(minute, starts + minutes) - starts) };
      wasDragged = true;
      carried.value = { entry, place, by: 'pointer' };
    }
    const move = ({ clientX, clientY }: PointerEvent) => {
      const isFar = isDrag(clientX - from.x, clientY - from.y);
      if (!isReady) {
        if (isFar) stop();
        return;
      }
      if (!carried.value && !isFar) return;
      pointer = { x: clientX, y: clientY };
      carry(clientX, clientY);
      if (frame === 0) frame = requestAnimationFrame(scroll);
    };
    const up = () => {
      const now = carried.value;
      stop();
      settle();
      if (now) board.drop(now.entry, now.place);
    };
    const key = (pressed: KeyboardEvent) => {
      if (pressed.key !== 'Escape') return;
      pressed.stopPropagation();
      stop();
      window.addEventListener('pointerup', settle, { once: true });
    };
    // A finger that carries neither scrolls nor opens a menu.
    const hold = (event: Event) => carried.value && event.preventDefault();
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', cancel);
    window.addEventListener('keydown', key, true);
    window.addEventListener('touchmove', hold, { passive: false });
    window.addEventListener('contextmenu', hold);
    function cancel() {
      stop();
    }
    stop = () => {
      clearTimeout(press);
      cancelAnimationFrame(frame);
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', cancel);
      window.removeEventListener('keydown', key, true);
      window.removeEventListener('touchmove', hold);
      window.removeEventListener('contextmenu', hold);
      carried.value = null;
      stop = () => {};
    };
  }

  return {
    carried,
    start,
    /** Whether the click that follows a pointer was a drag. Asked once. */
    wasDrag() {
      const was = wasDragged;
      wasDragged = false;
      return was;
    },
  };
}
