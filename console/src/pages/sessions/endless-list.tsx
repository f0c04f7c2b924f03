/** A long list of which only what is in view is drawn, and which asks for more as its end comes near. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import classes from './rows.module.css';

const ROW_HEIGHT = 45;

/** @param props.more asks for the next page; undefined when there is none, or it is on its way */
export function EndlessList<Item>(props: {
  readonly label: string;
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly row: (item: Item) => ReactNode;
  readonly more: (() => void) | undefined;
}): ReactNode {
  const { items, keyOf, row, more } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const visible = virtualizer.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 20) more?.();
  }, [last, items.length, more]);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div aria-label={props.label} className={classes.scroll} ref={scroller} role="region" tabIndex={0}>
      <div role="list" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {visible.map((place) => {
          const item = items[place.index];
          return item === undefined ? null : (
            <div
              data-index={place.index}
              key={keyOf(item)}
              ref={virtualizer.measureElement}
              role="listitem"
              style={{ position: 'absolute', insetInline: 0, transform: `translateY(${place.start}px)` }}
            >
              {row(item)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
