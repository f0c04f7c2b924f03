/** Names with bars, the longest first. */
import type { ReactNode } from 'react';
import classes from './charts.module.css';

/** One name with its counts. */
export interface Ranked {
  readonly key: string;
  readonly name: ReactNode;
  readonly permitted: number;
  readonly denied: number;
}

/** @param props.only draws one of the two counts */
export function RankList(props: { readonly items: readonly Ranked[]; readonly only?: 'denied' }): ReactNode {
  const { items, only } = props;
  const sumOf = ({ permitted, denied }: Ranked): number => (only === 'denied' ? denied : permitted + denied);
  const most = Math.max(1, ...items.map(sumOf));
  return (
    <ul className={classes.ranks}>
      {items.map((item) => (
        <li className={classes.rank} key={item.key}>
          <span className={classes.rankName}>{item.name}</span>
          <span className={classes.rankCount}>
            {only === 'denied'
              ? item.denied.toLocaleString('en')
              : `${item.permitted.toLocaleString('en')} · ${item.denied.toLocaleString('en')} denied`}
          </span>
          <span aria-hidden="true" className={classes.rankBar}>
            {only === 'denied' ? null : (
              <span data-kind="permitted" style={{ width: `${(item.permitted / most) * 100}%` }} />
            )}
            <span data-kind="denied" style={{ width: `${(item.denied / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
