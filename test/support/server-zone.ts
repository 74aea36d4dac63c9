declare global {
  /** Of the test environment: the zone of the process (`TZ`), undefined for the machine's own; returns the one before. */
  var setServerZone: (zone: string | undefined) => string | undefined;
}

/**
 * Does something as a server in another zone would: JavaScript's own hours and days are of that zone meanwhile. What a test writes into
 * `process.env` changes nothing of it, for Jest gives each file a copy.
 */
export async function onServerIn<T>(zone: string, work: () => T | Promise<T>): Promise<T> {
  const before = setServerZone(zone);
  try {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    if (timeZone !== zone) throw new Error(`the server is in ${timeZone}, not in ${zone}`);
    return await work();
  } finally {
    setServerZone(before);
  }
}
