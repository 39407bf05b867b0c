import { now } from '../app/clock';

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const sameYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const otherYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

const units: readonly [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** Relatively, up to a week away; then as a date. */
const nearSeconds = 7 * 86_400;

function near(seconds: number): string {
  const [unit, length] = units.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  if (unit === 'second')
    return Math.abs(seconds) < 10 ? 'now' : relative.format(Math.round(seconds), 'second');
  return relative.format(Math.round(seconds / length), unit);
}

/** An instant as a person says it, in their own zone. */
export function spoken(at: string, style: 'relative' | 'date' = 'relative'): string {
  const date = new Date(at);
  const seconds = (date.getTime() - now()) / 1_000;
  if (style === 'relative' && Math.abs(seconds) < nearSeconds) return near(seconds);
  const isThisYear = date.getFullYear() === new Date(now()).getFullYear();
  return (isThisYear ? sameYear : otherYear).format(date);
}

interface TimeProps {
  /** ISO 8601. */
  readonly at: string;
  readonly style?: 'relative' | 'date';
}

/** An instant in the local zone; the exact one shows when the pointer rests on it. */
export function Time({ at, style = 'relative' }: TimeProps) {
  return (
    <time dateTime={at} title={`${exact.format(new Date(at))}\n${at}`}>
      {spoken(at, style)}
    </time>
  );
}

/** "3 d 4 h", of seconds. */
export function duration(seconds: number): string {
  const parts = [...units, ['second', 1] as const].map(([unit, length], index, all) => {
    const outer = all[index - 1]?.[1] ?? Infinity;
    return [Math.floor((seconds % outer) / length), unit[0]] as const;
  });
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ') || '0 s';
}
