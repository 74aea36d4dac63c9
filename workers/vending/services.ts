import { RETRY_MS, type Services } from './calls.ts';
import type { Telemetry } from './telemetry.ts';
import { vendista } from './vendista.ts';

const clients = new Map<string, Telemetry>();

/** The telemetry services that the fleet can read. Another one is a client of its own and a line here. */
export const knownServices: Services = (service, { vendingApiRoot, vendingCallMs }) => {
  if (service !== 'vendista') throw new TypeError(`there is no telemetry service "${service}"`);
  const telemetry = clients.get(vendingApiRoot) ?? vendista(vendingApiRoot);
  clients.set(vendingApiRoot, telemetry);
  return { telemetry, pace: { service, callMs: vendingCallMs, retryMs: RETRY_MS, tooManySeconds: 60, secondMs: 1_000 } };
};
