/** Pixels of a minute's height. */
export const SCALE = 1.2;
/** Minutes that dragging and arrows go by. */
export const STEP = 15;
export const DAY_MINUTES = 1_440;

type Span = { from: number; to: number };
export type Lane = { lane: number; of: number };

export const snapped = (minutes: number, step = STEP) => Math.round(minutes / step) * step;
/** Where something is put that stands at `was`: there still while it is less than half a step away, so that only what is meant changes. */
export const snappedFrom = (minutes: number, was: number, step = STEP) =>
  Math.abs(minutes - was) < step / 2 ? was : snapped(minutes, step);
const within = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
/** A start within its day. */
export const startWithin = (minutes: number) => within(minutes, 0, DAY_MINUTES - STEP);
/** How long an entry may be made. */
export const lengthWithin = (minutes: number) => within(minutes, STEP, DAY_MINUTES);

/** The hours that are drawn, in whole hours: 8 to 21, and whatever lies outside. */
export function hoursShown(spans: readonly Span[]): Span {
  const from = Math.min(8 * 60, ...spans.map((span) => span.from));
  const to = Math.max(21 * 60, ...spans.map((span) => Math.min(span.to, DAY_MINUTES)));
  return { from: Math.floor(from / 60) * 60, to: Math.ceil(to / 60) * 60 };
}

/**
 * Which lane of how many each span gets, so that none that overlap share one. Those that hang together, directly or by others,
 * are equally wide. Spans that only touch do not overlap.
 */
export function lanesOf(spans: readonly Span[]): Lane[] {
  const lanes: Lane[] = spans.map(() => ({ lane: 0, of: 1 }));
  const order = spans.map((_, at) => at).sort((a, b) => startOfSpan(spans, a) - startOfSpan(spans, b) || a - b);
  let [together, ends, until] = [[] as number[], [] as number[], Number.NEGATIVE_INFINITY];
  const close = () => {
    for (const at of together) lanes[at] = { lane: lanes[at]?.lane ?? 0, of: ends.length };
    [together, ends] = [[], []];
  };
  for (const at of order) {
    const { from, to } = spans[at] as Span;
    if (from >= until) close();
    const free = ends.findIndex((end) => end <= from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = to;
    lanes[at] = { lane, of: 1 };
    together.push(at);
    until = Math.max(together.length === 1 ? to : until, to);
  }
  close();
  return lanes;
}
const startOfSpan = (spans: readonly Span[], at: number) => spans[at]?.from ?? 0;

type Box = { left: number; right: number };
/** The column under a pointer, or the nearest one. */
export function columnAt(boxes: readonly Box[], x: number): number {
  const distance = ({ left, right }: Box) => Math.max(left - x, x - right, 0);
  let best = 0;
  for (const [at, box] of boxes.entries()) if (distance(box) < distance(boxes[best] as Box)) best = at;
  return best;
}

/** A pointer that has gone so far drags; less is a click. */
export const isDrag = (dx: number, dy: number) => Math.hypot(dx, dy) >= 4;
