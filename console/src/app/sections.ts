/** The parts of the console, in the order of the menu. */
import type { IconName } from '../design/icons.tsx';

/** One part. */
export interface Section {
  readonly to: '/' | '/inbox' | '/access' | '/runs' | '/sessions' | '/policy' | '/resources' | '/audit';
  readonly name: string;
  readonly icon: IconName;
  /** Who sees it; absent: viewers. */
  readonly for?: 'everybody' | 'auditors';
  /** In the bar of small screens. */
  readonly isMain?: true;
}

export const sections: readonly Section[] = [
  { to: '/', name: 'Home', icon: 'home', isMain: true },
  { to: '/inbox', name: 'Inbox', icon: 'inbox', for: 'everybody', isMain: true },
  { to: '/access', name: 'Access', icon: 'key', for: 'everybody' },
  { to: '/runs', name: 'Runs', icon: 'runs', isMain: true },
  { to: '/sessions', name: 'Sessions', icon: 'sessions', isMain: true },
  { to: '/policy', name: 'Policy', icon: 'policy' },
  { to: '/resources', name: 'Resources', icon: 'resources' },
  { to: '/audit', name: 'Audit', icon: 'audit', for: 'auditors' },
];

/** Whether somebody sees a part. */
export function isShown(
  section: Section,
  viewer: { readonly canRead: boolean; readonly canAudit: boolean },
): boolean {
  if (section.for === 'everybody') return true;
  return section.for === 'auditors' ? viewer.canAudit : viewer.canRead;
}
