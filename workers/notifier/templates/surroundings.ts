import { text } from '../texts/texts.ts';
import { alertButtons } from './run-buttons.ts';
import { reasonIn } from './run-words.ts';
import { template } from './template.ts';
import { short } from './wording.ts';

const clockSkewed = template(
  'clock_skewed',
  ({ host, skew_ms }, { locale }) => [
    text(locale, skew_ms > 0 ? 'clock_skewed.slow' : 'clock_skewed.fast', {
      host: short(host, 60),
      count: Math.round(Math.abs(skew_ms) / 1_000),
    }),
    text(locale, 'clock_skewed.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

const connectionsHigh = template(
  'connections_high',
  ({ used, most }, { locale }) => [
    text(locale, 'connections_high.what', { used, most }),
    text(locale, 'connections_high.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

const channelDown = template(
  'channel_down',
  ({ channel, error }, { locale }) => [
    text(locale, `channel_down.${channel}`),
    text(locale, 'backup.why', { error: reasonIn(error, 500) || text(locale, 'unknown') }),
    text(locale, 'channel_down.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

/** Messages to the admins about what the fleet stands on: clocks, connections, channels (R36). */
export const surroundingsAlerts = { clock_skewed: clockSkewed, connections_high: connectionsHigh, channel_down: channelDown };
