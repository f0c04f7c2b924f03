/** Found exchanges as rows. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { FoundExchange } from '../../../../gateway/src/api/contract/recording.ts';
import { Ago, durationText } from '../../design/moments.tsx';
import { Empty, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import classes from './rows.module.css';

/** A short list. @param props.empty what to say when there are none */
export function ExchangeRows(props: {
  readonly exchanges: readonly FoundExchange[];
  readonly empty: string;
}): ReactNode {
  if (props.exchanges.length === 0) return <Empty icon="runs" title={props.empty} />;
  return (
    <ul className={classes.rows}>
      {props.exchanges.map((exchange) => (
        <li key={`${exchange.exchange} ${exchange.screen?.ms ?? ''}`}>
          <ExchangeRow exchange={exchange} />
        </li>
      ))}
    </ul>
  );
}

/** One exchange. */
export function ExchangeRow({ exchange }: { readonly exchange: FoundExchange }): ReactNode {
  const isPermitted = exchange.effect === 'permit';
  const { screen } = exchange;
  return (
    <Link
      className={classes.row}
      hash={screen === undefined ? `exchange-${exchange.session}-${exchange.number}` : `at-${screen.ms}`}
      params={{ session: exchange.session }}
      to="/sessions/$session"
    >
      <span className={classes.rowVerdict}>
        <Tag icon={isPermitted ? 'check' : 'cross'} tone={isPermitted ? 'good' : 'bad'}>
          {isPermitted ? 'permit' : 'deny'}
        </Tag>
      </span>
      <span className={classes.rowText}>
        {screen === undefined ? null : (
          <Tag icon="search" tone="plain">
            on screen, read by a program
          </Tag>
        )}
        <VisibleText>{(screen?.text ?? exchange.text).replaceAll(/\s+/g, ' ')}</VisibleText>
      </span>
      <span className={classes.rowAside}>
        <VisibleText>{exchange.rules.length === 0 ? 'no rule' : exchange.rules.join(', ')}</VisibleText>
      </span>
      <span className={classes.rowAside}>
        <VisibleText>{exchange.agent ?? exchange.subject}</VisibleText>
      </span>
      <span className={classes.rowTime}>
        {exchange.durationMs === undefined || !isPermitted ? '' : durationText(exchange.durationMs)}
      </span>
      <span className={classes.rowTime}>
        <Ago at={exchange.at} />
      </span>
    </Link>
  );
}
