/** Times and durations, as people say them. */
import { type ReactNode, useEffect, useState } from 'react';

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** The time now, again and again. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago something was. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const now = useNow(10_000);
  return (
    <time dateTime={at} title={FULL.format(new Date(at))}>
      {agoText(now - Date.parse(at))}
    </time>
  );
}

/** The hour of day of something; the date is in its title. */
export function ClockTime({ at }: { readonly at: string }): ReactNode {
  const date = new Date(at);
  return (
    <time dateTime={at} title={FULL.format(date)}>
      {CLOCK.format(date)}
    </time>
  );
}

/** Day and time in full. */
export function fullTime(at: string | number): string {
  return FULL.format(new Date(at));
}

export function agoText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 10) return 'just now';
  if (seconds < 60) return RELATIVE.format(-seconds, 'second');
  if (seconds < 3_600) return RELATIVE.format(-Math.round(seconds / 60), 'minute');
  if (seconds < 86_400) return RELATIVE.format(-Math.round(seconds / 3_600), 'hour');
  return RELATIVE.format(-Math.round(seconds / 86_400), 'day');
}

/** 3 ms, 1.2 s, 4 min 10 s, 2 h 5 min. */
export function durationText(ms: number): string {
  if (ms < 1) return '<1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) {
    const seconds = Math.floor((ms % 60_000) / 1_000);
    return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
  }
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
