import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = { stringValue?: string; intValue?: number; boolValue?: boolean };
type Attribute = { key: string; value: Value };
type Sent = {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        kind: number;
        attributes: Attribute[];
        status?: { code?: number };
      }[];
    }[];
  }[];
};
/** A span as it arrived. `app` is the service's name without the fleet's. */
export type ReceivedSpan = {
  trace: string;
  id: string;
  parent: string | undefined;
  name: string;
  app: string;
  attributes: Record<string, string | number | boolean | undefined>;
  isFailed: boolean;
};

const plain = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue]));

/** An OpenTelemetry collector of our own: takes spans by OTLP over HTTP as JSON, and keeps them. */
export async function otlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const asked: { path: string | undefined; key: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    bodies.push(body);
    asked.push({ path: request.url, key: request.headers['api-key'] as string | undefined });
    for (const { resource, scopeSpans } of (JSON.parse(body) as Sent).resourceSpans) {
      const app = String(plain(resource.attributes)['service.name']).replace('studio-fleet-', '');
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const { traceId: trace, spanId: id, parentSpanId: parent, name, attributes, status } = span;
        spans.push({ trace, id, parent, name, app, attributes: plain(attributes), isFailed: status?.code === 2 });
      }
    }
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    asked,
    /** Everything that arrived, as text. */
    text: () => bodies.join('\n'),
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
}
