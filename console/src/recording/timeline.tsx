/** Exchanges one below the other, drawn as they come into view. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
import classes from './exchange.module.css';
import { ExchangeCard } from './exchange-card.tsx';
import type { ShownExchange } from './story.ts';

/** Up to so many are drawn at once: pages can be searched and printed then. */
const MOST_AT_ONCE = 150;

/** A timeline. */
export function Timeline(props: {
  readonly exchanges: readonly ShownExchange[];
  readonly showPlace?: boolean;
}): ReactNode {
  if (props.exchanges.length > MOST_AT_ONCE) return <LongTimeline {...props} />;
  return (
    <ol className={classes.timeline}>
      {props.exchanges.map((exchange) => (
        <ExchangeCard
          exchange={exchange}
          key={`${exchange.session}.${exchange.number}`}
          showPlace={props.showPlace}
        />
      ))}
    </ol>
  );
}

function LongTimeline(props: {
  readonly exchanges: readonly ShownExchange[];
  readonly showPlace?: boolean;
}): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: props.exchanges.length,
    estimateSize: () => 180,
    overscan: 8,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  return (
    <div
      className={classes.timeline}
      ref={list}
      role="list"
      style={{ position: 'relative', height: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map((item) => {
        const exchange = props.exchanges[item.index];
        return exchange === undefined ? null : (
          <div
            data-index={item.index}
            key={item.key}
            ref={virtualizer.measureElement}
            style={{
              position: 'absolute',
              insetInline: 0,
              transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)`,
            }}
          >
            <ExchangeCard exchange={exchange} showPlace={props.showPlace} />
          </div>
        );
      })}
    </div>
  );
}
