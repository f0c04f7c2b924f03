/** Conditions of a list. They stand in the address, so that a view can be sent to somebody. */
import { Button, Select, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Filters } from '../../api/queries.ts';
import classes from './rows.module.css';

/** A condition: a text, or one of some words. */
export interface FilterField {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

/** Since when, in words, and what it means. */
export const PERIODS = [
  { value: '', label: 'any time' },
  { value: '1h', label: 'last hour' },
  { value: '1d', label: 'last day' },
  { value: '7d', label: 'last 7 days' },
  { value: '30d', label: 'last 30 days' },
] as const;

const PERIOD_MS: Readonly<Record<string, number>> = {
  '1h': 3_600_000,
  '1d': 86_400_000,
  '7d': 7 * 86_400_000,
  '30d': 30 * 86_400_000,
};

/** The time at which a period begins, to the minute: so a page asks the same again, and need not ask. */
export function sinceOf(period: string | undefined): string | undefined {
  const ms = PERIOD_MS[period ?? ''];
  if (ms === undefined) return undefined;
  return new Date(Math.floor((Date.now() - ms) / 60_000) * 60_000).toISOString();
}

/** Fields with a button; `Enter` applies as well. */
export function FilterBar(props: {
  readonly fields: readonly FilterField[];
  readonly values: Filters;
  readonly onApply: (values: Filters) => void;
}): ReactNode {
  const [draft, setDraft] = useState<Filters>(props.values);
  const set = (name: string, value: string): Filters => {
    const next = { ...draft, [name]: value.trim() === '' ? undefined : value };
    setDraft(next);
    return next;
  };
  const hasSome = props.fields.some(({ name }) => draft[name] !== undefined);
  return (
    <form
      className={classes.filters}
      onSubmit={(event) => {
        event.preventDefault();
        props.onApply(draft);
      }}
      role="search"
    >
      {props.fields.map(({ name, label, placeholder, options }) =>
        options === undefined ? (
          <TextInput
            key={name}
            label={label}
            maxLength={512}
            onChange={({ currentTarget }) => set(name, currentTarget.value)}
            placeholder={placeholder}
            size="xs"
            value={draft[name] ?? ''}
          />
        ) : (
          <Select
            allowDeselect={false}
            data={[...options]}
            key={name}
            label={label}
            onChange={(value) => props.onApply(set(name, value ?? ''))}
            size="xs"
            value={draft[name] ?? ''}
          />
        ),
      )}
      <Button.Group>
        <Button size="xs" type="submit">
          Search
        </Button>
        {hasSome ? (
          <Button
            onClick={() => {
              setDraft({});
              props.onApply({});
            }}
            size="xs"
            variant="default"
          >
            Clear
          </Button>
        ) : null}
      </Button.Group>
    </form>
  );
}
