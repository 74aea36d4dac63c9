import { RETRY_MS, type Services } from './calls.ts';
import { demoTelemetry } from './demo-service.ts';
import type { Telemetry } from './telemetry.ts';
import { vendista } from './vendista.ts';

const clients = new Map<string, Telemetry>();
const demo = demoTelemetry();
const usual = { retryMs: RETRY_MS, tooManySeconds: 60, secondMs: 1_000 };

/** The telemetry services that the fleet can read. Another one is a client of its own and a line here. */
export const knownServices: Services = (service, { vendingApiRoot, vendingCallMs }) => {
  if (service === 'demo') return { telemetry: demo, pace: { ...usual, service, callMs: 0 } };
  if (service !== 'vendista') throw new TypeError(`there is no telemetry service "${service}"`);
  const telemetry = clients.get(vendingApiRoot) ?? vendista(vendingApiRoot);
  clients.set(vendingApiRoot, telemetry);
  return { telemetry, pace: { ...usual, service, callMs: vendingCallMs } };
};
