import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Attributes, type NewSpan, type OpenSpan, traceWith } from '../../sql/database/tracing.ts';
import { log } from '../log/log.ts';
import type { Settings } from './settings.ts';

/** A receiver that is away is waited for no longer than this when the process ends. */
const FLUSH_MS = 3_000;
/** A receiver that is away is told of this often at most. */
const SILENT_MS = 60_000;
const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/**
 * Traces this process from now on: spans go to an OpenTelemetry collector by OTLP over HTTP. Loaded where a collector is set up only.
 * Nothing is registered with OpenTelemetry's global API, so no library makes spans of its own, with texts and parameters in them.
 * @param name of the app
 * Returns how to send what is left and end it; that never throws.
 */
export function startTracing({ endpoint, headers, share }: NonNullable<Settings['traces']>, name: string) {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': `studio-fleet-${name}`,
      'service.namespace': 'studio-fleet',
      'host.name': hostname(),
      'process.pid': process.pid,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: tellingOfTrouble(exporter) })],
  });
  const tracer = provider.getTracer('studio-fleet');
  const here = new AsyncLocalStorage<Span>();

  const begin = (given: NewSpan) =>
    tracer.startSpan(given.name, { kind: KINDS[given.kind], attributes: given.attributes }, contextOf(given.parent));

  function contextOf(parent: string | null | undefined) {
    const given = readTraceparent(parent);
    if (given) return trace.setSpanContext(ROOT_CONTEXT, given);
    const span = here.getStore();
    return span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT;
  }

  traceWith({
    async span(given, work) {
      const span = begin(given);
      try {
        return await here.run(span, () => work(openSpan(span)));
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
    current() {
      const span = here.getStore();
      return span && openSpan(span);
    },
    traceparent() {
      const span = here.getStore();
      return span ? writeTraceparent(span) : null;
    },
    statement(statement, text) {
      if (!here.getStore()?.isRecording()) return undefined;
      const span = begin({ name: statement ?? summaryOf(text), kind: 'client', attributes: { 'db.system.name': 'postgresql' } });
      return (error) => {
        if (error) fail(span, error);
        span.end();
      };
    },
  });
  return async () => {
    traceWith(undefined);
    const late = new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref());
    await Promise.race([provider.shutdown().catch(() => undefined), late]);
  };
}

const openSpan = (span: Span): OpenSpan => ({
  rename: (name) => void span.updateName(name),
  set: (attributes: Attributes) => void span.setAttributes(attributes),
  fail: () => void span.setStatus({ code: SpanStatusCode.ERROR }),
});

/** An error is known by its code or class: its message may name people. */
function fail(span: Span, error: unknown) {
  const { code, name } = error as { code?: unknown; name?: unknown };
  span.setAttribute('error.type', String(code ?? name ?? 'unknown'));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

function readTraceparent(text: string | null | undefined) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

function writeTraceparent(span: Span) {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}

/** What a statement without a name does to which table: `update invoices`. Nothing of its values. */
export function summaryOf(text: string): string {
  const changed = /\b(insert into|delete from|(?<!(?:for|key|do) )update)\s+([a-z_.]+)/i.exec(text);
  const [, verb, table] = changed ?? /\b(from)\s+([a-z_.]+)/i.exec(text) ?? [];
  if (verb === undefined || table === undefined) return 'select';
  return `${verb === 'from' ? 'select' : (verb.split(' ')[0] ?? verb)} ${table}`.toLowerCase();
}

/** The receiver's trouble is a warning now and then; the spans are lost, and nothing else is. */
function tellingOfTrouble(exporter: OTLPTraceExporter): OTLPTraceExporter {
  const send = exporter.export.bind(exporter);
  let toldAt = Number.NEGATIVE_INFINITY;
  exporter.export = (spans, done) =>
    send(spans, (result) => {
      if (result.error && performance.now() - toldAt >= SILENT_MS) {
        toldAt = performance.now();
        log.warn({ err: result.error }, 'the receiver of traces does not take them');
      }
      done(result);
    });
  return exporter;
}
