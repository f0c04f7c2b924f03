/** What the desktop of a session showed: loaded only by whoever looks at one. */
import { lazy, type ReactNode, Suspense } from 'react';
import { Loading, Panel } from '../../design/pieces.tsx';
import type { DesktopViewProps } from './desktop-view.tsx';

const DesktopView = lazy(async () => ({ default: (await import('./desktop-view.tsx')).DesktopView }));

/** A panel with the player. */
export function DesktopReplay(props: DesktopViewProps): ReactNode {
  return (
    <Panel title="Desktop">
      <Suspense fallback={<Loading rows={8} />}>
        <DesktopView {...props} />
      </Suspense>
    </Panel>
  );
}
