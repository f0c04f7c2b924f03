/** What the desktop of a session showed: loaded only by whoever looks at one. */
import { lazy, type ReactNode, Suspense } from 'react';
import { Loading, Panel } from '../../design/pieces.tsx';

const DesktopView = lazy(async () => ({ default: (await import('./desktop-view.tsx')).DesktopView }));

/** A panel with the player. @param props.durationMs how long the session was, as far as that is known */
export function DesktopReplay(props: { readonly session: string; readonly durationMs: number }): ReactNode {
  return (
    <Panel title="Desktop">
      <Suspense fallback={<Loading rows={8} />}>
        <DesktopView {...props} />
      </Suspense>
    </Panel>
  );
}
