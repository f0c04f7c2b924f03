import type { z } from 'zod';
import type { PolicyDocument } from './policy-document.ts';

const NEEDED: ReadonlySet<unknown> = new Set(['id', 'on', 'effect', 'from', 'until']);

type MutableRecord = Record<string, unknown>;

/**
 * Makes the most of a document that the schema refused: takes out what it objected to, so that the rest can be checked
 * too and all errors are reported at once. Entries keep their index; one that cannot be used is left undefined. The
 * result serves to find more errors and is never put into effect.
 */
export function salvageDocument(value: unknown, issues: readonly z.core.$ZodIssue[]): PolicyDocument {
  const copy: unknown = structuredClone(value);
  if (!isRecord(copy)) {
    return { apiVersion: 'sallyport.dev/v1' };
  }
  for (const issue of issues) {
    const [section, entry] = issue.path;
    if (typeof section !== 'string') {
      continue;
    }
    const content = copy[section];
    if (section === 'calendars' && isRecord(content) && typeof entry === 'string') {
      content[entry] = salvageCalendar(content[entry], issue.path[2]);
    } else if (Array.isArray(content) && section !== 'use' && typeof entry === 'number') {
      content[entry] = salvageEntry(content[entry], issue);
    } else {
      delete copy[section];
    }
  }
  return copy as unknown as PolicyDocument;
}

/** A calendar is never left out: rules that name it would then seem wrong too. */
function salvageCalendar(calendar: unknown, key: PropertyKey | undefined): unknown {
  if (!isRecord(calendar) || key === 'timezone') {
    return { timezone: 'UTC' };
  }
  if (typeof key === 'string') {
    delete calendar[key];
  }
  return calendar;
}

function salvageEntry(entry: unknown, issue: z.core.$ZodIssue): unknown {
  const [, , key, inner] = issue.path;
  if (!isRecord(entry) || NEEDED.has(key)) {
    return undefined;
  }
  if (typeof key !== 'string') {
    return issue.code === 'unrecognized_keys' ? entry : undefined;
  }
  const match = entry[key];
  if (key === 'match' && isRecord(match)) {
    if (typeof inner === 'string') {
      delete match[inner];
    }
    return entry;
  }
  delete entry[key];
  return entry;
}

function isRecord(value: unknown): value is MutableRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
