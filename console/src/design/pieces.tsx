/** What every page is made of. */
import { Button, Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/ask.ts';
import { Icon, type IconName } from './icons.tsx';
import classes from './pieces.module.css';
import { VisibleText } from './visible-text.tsx';

/** A page: its title is the window's title too. */
export function Page(props: {
  readonly title: string;
  readonly heading?: ReactNode;
  readonly text?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={classes.page}>
      <title>{`${props.title} · Sallyport`}</title>
      <header className={classes.pageHead}>
        <div>
          <h1 className={classes.pageTitle}>{props.heading ?? props.title}</h1>
          {props.text === undefined ? null : <div className={classes.pageText}>{props.text}</div>}
        </div>
        {props.actions}
      </header>
      {props.children}
    </div>
  );
}

/** A part of a page with a frame around it. */
export function Panel(props: {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  readonly isFlush?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className={classes.panel}>
      {props.title === undefined ? null : (
        <div className={classes.panelHead}>
          <h2 className={classes.panelTitle}>{props.title}</h2>
          {props.aside}
        </div>
      )}
      {props.isFlush === true ? props.children : <div className={classes.panelBody}>{props.children}</div>}
    </section>
  );
}

/** Nothing is there, and why that is so. */
export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyMark}>
        <Icon name={props.icon} size={24} />
      </span>
      <span className={classes.emptyTitle}>{props.title}</span>
      <span>{props.children}</span>
    </div>
  );
}

/** What a word means: good, bad, waiting, observed, of the product, nothing. */
export type Tone = 'good' | 'bad' | 'wait' | 'see' | 'mark' | 'plain';

/** A word with a colour. */
export function Tag(props: {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span className={classes.tag} data-tone={props.tone}>
      {props.icon === undefined ? null : <Icon name={props.icon} size={13} />}
      {props.children}
    </span>
  );
}

/** Names and values. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div className={classes.fact} key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A short text of others in a fixed width. */
export function Mono({ children }: { readonly children: string }): ReactNode {
  return (
    <span className={classes.mono}>
      <VisibleText>{children}</VisibleText>
    </span>
  );
}

/** What went wrong, in the gateway's words, and a way to try again. */
export function Failure({
  error,
  again,
}: {
  readonly error: unknown;
  readonly again?: () => void;
}): ReactNode {
  const isForbidden = error instanceof ApiProblem && error.status === 403;
  const text = error instanceof Error ? spoken(error.message) : 'something unexpected happened';
  return (
    <Empty
      icon={isForbidden ? 'key' : 'alert'}
      title={isForbidden ? 'This is not for your groups' : 'That did not work'}
    >
      <Stack align="center" gap="sm">
        <VisibleText>{text}</VisibleText>
        {again === undefined || isForbidden ? null : (
          <Button onClick={again} size="xs" variant="default">
            Try again
          </Button>
        )}
      </Stack>
    </Empty>
  );
}

/** Each browser has words of its own for a part of the console that it could not load; they name a file and no remedy. */
function spoken(message: string): string {
  const isPart = /preload CSS|dynamically imported module|importing a module script/i.test(message);
  return isPart
    ? 'This page could not be loaded: the gateway does not answer, or is another version by now.'
    : message;
}

/** Something is on its way. */
export function Loading({ rows = 4 }: { readonly rows?: number }): ReactNode {
  return (
    <Stack aria-busy="true" aria-label="Loading" gap="sm" p="lg" role="status">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton height={18} key={index} radius="sm" width={`${92 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}
