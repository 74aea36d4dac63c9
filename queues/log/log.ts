import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

/** Never in a log: keys, tokens, passwords, phone numbers. Paths for objects; {@link scrub} for text inside messages. */
const SECRET_PATHS = ['password', 'secret', 'token', 'phone', 'key_hash', 'authorization', '["x-api-key"]', 'cookie'];

const SECRET_TEXT: [RegExp, string][] = [
  [/(\b\w+:\/\/[^\s:/@"]*:)[^\s/"]+@/g, '$1***@'],
  [/([?&](?:password|login|token)=)[^\s&"]+/gi, '$1***'],
  [/\bbot\d+:[\w-]+/g, 'bot***'],
  [/\b\d{6,}:[\w-]{20,}\b/g, '***'],
  [/\bsf_[\w-]{20,}\b/g, 'sf_***'],
  [/\+\d{7,15}\b/g, '+***'],
];

/** Text with URL passwords, bot tokens, API keys and phone numbers replaced. */
export const scrub = (text: string) => SECRET_TEXT.reduce((clean, [pattern, by]) => clean.replace(pattern, by), text);

export const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** An error as one line can hold it. PostgreSQL's `detail` is left out: it quotes the row. */
function describe(error: unknown) {
  if (!(error instanceof Error)) return typeof error === 'string' ? scrub(error) : error;
  const { type, message, stack, code, constraint } = stdSerializers.err(error) as ReturnType<typeof stdSerializers.err> & {
    code?: string;
    constraint?: string;
  };
  const cause = error.cause instanceof Error ? scrub(error.cause.message) : undefined;
  return { type, code, constraint, message: scrub(message), cause, stack: scrub(stack ?? '') };
}

/** JSON lines, one an event; pretty when a person watches. */
export function createLog(options: { level?: string; pretty?: boolean; to?: DestinationStream } = {}): Logger {
  const shared = {
    level: options.level ?? 'info',
    base: { app: process.env.name ?? 'fleet' },
    redact: { paths: SECRET_PATHS.flatMap((path) => [path, path.startsWith('[') ? `*${path}` : `*.${path}`]), censor: '***' },
    serializers: { err: describe, error: describe },
    timestamp: pino.stdTimeFunctions.isoTime,
    // The last gate: whatever a library or a path brought along, the finished line is clean.
    hooks: { streamWrite: scrub },
  };
  if (options.to) return pino(shared, options.to);
  return pino(options.pretty ? { ...shared, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } } : shared);
}

/** The log of this process. `LOG_LEVEL` is read here directly, so that trouble with the settings themselves can be logged. */
export const log: Logger = createLog({
  level: LEVELS.find((level) => level === process.env.LOG_LEVEL),
  pretty: Boolean(process.stdout.isTTY),
});
