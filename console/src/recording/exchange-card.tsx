/** One exchange: what was asked, what was decided by which rule, what came back, how long it took. */
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode } from 'react';
import { Icon, type IconName } from '../design/icons.tsx';
import { ClockTime, durationText } from '../design/moments.tsx';
import { Mono, Tag, type Tone } from '../design/pieces.tsx';
import { Statement } from '../design/statement.tsx';
import { VisibleText } from '../design/visible-text.tsx';
import classes from './exchange.module.css';
import { Received } from './received.tsx';
import type { ShownExchange } from './story.ts';

interface Verdict {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

/** In one word, what became of it. */
export function verdictOf(exchange: ShownExchange): Verdict {
  if (exchange.effect === 'deny') {
    return exchange.cause === 'approval' && exchange.refusal?.startsWith('APPROVAL_PENDING') === true
      ? { tone: 'wait', icon: 'clock', word: 'held for people' }
      : { tone: 'bad', icon: 'cross', word: 'denied' };
  }
  if (exchange.status === undefined) return { tone: 'mark', icon: 'play', word: 'running' };
  if (exchange.status === 'ok') {
    return exchange.grant === undefined
      ? { tone: 'good', icon: 'check', word: 'permitted' }
      : { tone: 'good', icon: 'check', word: 'approved by people' };
  }
  return exchange.status === 'refused'
    ? { tone: 'bad', icon: 'cross', word: 'refused' }
    : { tone: 'wait', icon: 'alert', word: exchange.status };
}

/** A place in the timeline. @param props.showPlace says on which resource, where there are several */
export const ExchangeCard = memo(function ExchangeCard(props: {
  readonly exchange: ShownExchange;
  readonly showPlace?: boolean;
}): ReactNode {
  const { exchange } = props;
  const { tone, icon, word } = verdictOf(exchange);
  return (
    <li className={classes.entry} id={`exchange-${exchange.session}-${exchange.number}`}>
      <span className={classes.time}>
        <ClockTime at={new Date(exchange.atMs).toISOString()} />
      </span>
      <span className={classes.rail}>
        <span className={classes.knot} data-tone={tone}>
          <Icon name={icon} size={14} />
        </span>
      </span>
      <article aria-label={`${word}: ${exchange.summary}`} className={`${classes.card} ${classes.body}`}>
        <div className={classes.asked}>
          <div className={classes.askedText}>
            <Statement isPlain isSql={exchange.protocol === 'postgres'} text={exchange.text} />
            <Parameters exchange={exchange} />
          </div>
          <div className={classes.meta}>
            {props.showPlace === true ? (
              <Link params={{ session: exchange.session }} to="/sessions/$session">
                <VisibleText>{exchange.resource}</VisibleText>
              </Link>
            ) : null}{' '}
            {exchange.durationMs === undefined || exchange.effect === 'deny'
              ? null
              : durationText(exchange.durationMs)}
          </div>
        </div>
        <div className={classes.said}>
          <Tag icon={icon} tone={tone}>
            {word}
          </Tag>
          <Why exchange={exchange} />
        </div>
        {exchange.refusal === undefined ? null : <Refusal text={exchange.refusal} />}
        <Received exchange={exchange} />
      </article>
    </li>
  );
});

function Parameters({ exchange }: { readonly exchange: ShownExchange }): ReactNode {
  if (exchange.parameters.length === 0) return null;
  const shown = exchange.parameters.map((value, index) => `$${index + 1} = ${JSON.stringify(value)}`);
  return (
    <div className={classes.time} style={{ textAlign: 'start', paddingBlockStart: 4 }}>
      <Mono>{shown.join('   ')}</Mono>
    </div>
  );
}

function Why({ exchange }: { readonly exchange: ShownExchange }): ReactNode {
  const { rules, cause, masked, tag, observed } = exchange;
  const maskedValues = masked.reduce((sum, { values }) => sum + values, 0);
  return (
    <>
      {rules.length === 0 ? (
        <span>{cause === 'default' ? 'no rule allows it' : ''}</span>
      ) : (
        <span>
          by{' '}
          {rules.map((rule, index) => (
            <span key={rule}>
              {index === 0 ? '' : ', '}
              <Link search={{ rule }} to="/policy">
                <VisibleText>{rule}</VisibleText>
              </Link>
            </span>
          ))}
        </span>
      )}
      {tag === undefined ? null : <Mono>{tag}</Mono>}
      {maskedValues === 0 ? null : (
        <Tag icon="mask" tone="see">
          {maskedValues} {maskedValues === 1 ? 'value' : 'values'} masked
        </Tag>
      )}
      {observed.length === 0 ? null : (
        <Tag icon="mask" tone="see">
          observed: <VisibleText>{observed.map(({ rule }) => rule).join(', ')}</VisibleText>
        </Tag>
      )}
    </>
  );
}

/** What the agent was told, without the words and the id that stand around it for programs. */
function Refusal({ text }: { readonly text: string }): ReactNode {
  const approval = /\[(apr_[A-Za-z0-9_-]{24})\]/.exec(text)?.[1];
  const plain = text.replace(/^[A-Z_]+ \[[^\]]*\] /, '');
  return (
    <p className={classes.refusal}>
      <VisibleText>{plain}</VisibleText>{' '}
      {approval === undefined ? null : (
        <Link params={{ approval }} to="/inbox/$approval">
          See the request
        </Link>
      )}
    </p>
  );
}
