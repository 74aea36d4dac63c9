import type { Interceptor } from 'slonik';

export type Attributes = Record<string, string | number | boolean>;
export type NewSpan = {
  name: string;
  kind: 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** The `traceparent` of what asked for it in another process; without one it is part of what goes on here, or a trace of its own. */
  parent?: string | null;
};
/** A span that goes on. */
export type OpenSpan = { rename(name: string): void; set(attributes: Attributes): void; fail(): void };

/** What traces, where something does: see queues/process/tracing.ts. */
export type Tracer = {
  span<T>(given: NewSpan, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** What goes on here. */
  current(): OpenSpan | undefined;
  /** The same for another process, as W3C's `traceparent`. */
  traceparent(): string | null;
  /** A statement begins; it is a span where something goes on here. Returns what is to be called at its end. */
  statement(name: string | undefined, text: string): ((error?: Error) => void) | undefined;
};

let tracer: Tracer | undefined;

/** From now on this process traces; without a tracer it does not. */
export function traceWith(chosen: Tracer | undefined) {
  tracer = chosen;
}

/** Whether this process traces. */
export const isTracing = () => tracer !== undefined;

const UNTRACED: OpenSpan = { rename: () => undefined, set: () => undefined, fail: () => undefined };

/** Does something as a span. Spans name routes, processes, templates and tables: no people, no parameters. */
export const traced = <T>(given: NewSpan, work: (span: OpenSpan) => Promise<T>): Promise<T> =>
  tracer ? tracer.span(given, work) : work(UNTRACED);

/** {@link traced}, where it is part of something that is traced: what is done all the time for nobody is not. */
export const tracedWithin = <T>(given: NewSpan, work: (span: OpenSpan) => Promise<T>): Promise<T> =>
  tracer?.current() ? tracer.span(given, work) : work(UNTRACED);

/** The span that goes on here. */
export const currentSpan = (): OpenSpan | undefined => tracer?.current();

/** What goes on here as W3C's `traceparent`, for a job or a row that another process takes up; null where nothing is traced. */
export const traceparent = (): string | null => tracer?.traceparent() ?? null;

/** Makes spans of the statements of a pool; none where nothing traces when the pool is opened. */
export function statementTracing(): Interceptor[] {
  const chosen = tracer;
  if (!chosen) return [];
  const ends = new WeakMap<object, (error?: Error) => void>();
  return [
    {
      name: 'trace-statements',
      beforeQueryExecution(context, { name, sql }) {
        const end = chosen.statement(name, sql);
        if (end) ends.set(context, end);
        return null;
      },
      afterQueryExecution(context) {
        ends.get(context)?.();
        return null;
      },
      queryExecutionError(context, _query, error) {
        ends.get(context)?.(error);
        return null;
      },
    },
  ];
}
