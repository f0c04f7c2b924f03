import {
  type Calendar,
  type CalendarDefinition,
  createCalendar,
  parseTimeOfDay,
  parseWeekdays,
} from './calendar.ts';
import { closestWord } from './did-you-mean.ts';
import type { PolicyDiagnostic } from './errors.ts';
import { parseDate } from './instant.ts';
import type { LoadedFile } from './load.ts';
import type { CalendarSource } from './policy-document.ts';
import type { SourceFile, SourcePath } from './source-file.ts';
import { isTimeZone } from './wall-clock.ts';

const EVERY_DAY = 'mon..sun';
const ALWAYS: CalendarDefinition = {
  timezone: 'UTC',
  days: new Set(parseWeekdays(EVERY_DAY)),
  fromMinute: 0,
  toMinute: 1440,
  except: new Set(),
};

/** Compiles the calendars of all files; a name may be declared once in the folder. */
export function compileCalendars(
  files: readonly LoadedFile[],
  problems: PolicyDiagnostic[],
): ReadonlyMap<string, Calendar> {
  const calendars = new Map<string, Calendar>();
  for (const { file, document } of files) {
    for (const [name, source] of Object.entries(document.calendars ?? {})) {
      const path = ['calendars', name];
      if (calendars.has(name)) {
        problems.push(
          file.atKey('ERR_POLICY_DUPLICATE', `duplicate calendar \`${name}\``, ['calendars'], name),
        );
      }
      const calendar = compileCalendar(name, source, { file, path, problems });
      // A broken one stands in for itself, lest the rules that name it seem wrong too; nothing is put into effect.
      calendars.set(name, calendar ?? createCalendar(name, ALWAYS));
    }
  }
  return calendars;
}

interface CalendarPlace {
  readonly file: SourceFile;
  readonly path: SourcePath;
  readonly problems: PolicyDiagnostic[];
}

function compileCalendar(name: string, source: CalendarSource, place: CalendarPlace): Calendar | undefined {
  const { file, path, problems } = place;
  const before = problems.length;
  const report = (key: string, message: string): void => {
    problems.push(file.at('ERR_POLICY_VALUE', message, [...path, ...key.split('.')]));
  };
  if (!isTimeZone(source.timezone)) {
    const near = closestWord(source.timezone, Intl.supportedValuesOf('timeZone'));
    report(
      'timezone',
      `no time zone \`${source.timezone}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    );
  }
  const fromMinute = parseTimeOfDay(source.from ?? '00:00');
  const toMinute = parseTimeOfDay(source.to ?? '24:00');
  if (fromMinute === undefined || fromMinute === 1440) {
    report('from', `no time of day: \`${source.from ?? ''}\``);
  }
  if (toMinute === undefined) {
    report('to', `no time of day: \`${source.to ?? ''}\``);
  }
  if (fromMinute !== undefined && fromMinute === toMinute) {
    report('to', 'the window is empty; leave out `from` and `to` for the whole day');
  }
  const except = (source.except ?? []).map((date) => {
    const day = parseDate(date);
    if (day === undefined) {
      report('except', `no such date: \`${date}\``);
    }
    return day ?? 0;
  });
  if (problems.length > before || fromMinute === undefined || toMinute === undefined) {
    return undefined;
  }
  const days = (source.days ?? [EVERY_DAY]).flatMap((text) => parseWeekdays(text) ?? []);
  return createCalendar(name, {
    timezone: source.timezone,
    days: new Set(days),
    fromMinute,
    toMinute,
    except: new Set(except),
  });
}
