/** What stands around every page: the menu, who is signed in, light and dark. */
import { ActionIcon, Burger, Menu, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { signOut } from '../api/ask.ts';
import { approvals } from '../api/queries.ts';
import { Icon } from '../design/icons.tsx';
import mark from '../design/mark.svg';
import { VisibleText } from '../design/visible-text.tsx';
import { FollowContext, useEvents } from './follow.ts';
import { queryClient } from './query-client.ts';
import { isShown, sections } from './sections.ts';
import classes from './shell.module.css';
import { useViewer } from './viewer.tsx';

/** Menu, header and the page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const follow = useEvents('/v1/approvals/events', 'approvals');
  const waiting = useWaiting();
  return (
    <FollowContext value={follow}>
      <a className="skip" href="#content">
        Skip to the page
      </a>
      <header className={classes.header}>
        <Link className={classes.brand} onClick={close} to="/">
          <img alt="" height={28} src={mark} width={28} />
          Sallyport
        </Link>
        <div className={classes.tools}>
          <SchemeButton />
          <div className={classes.burger}>
            <Burger
              aria-controls="menu"
              aria-expanded={isOpen}
              aria-label="Menu"
              onClick={toggle}
              opened={isOpen}
              size="sm"
            />
          </div>
        </div>
      </header>
      <div className={classes.side} data-open={isOpen} id="menu">
        <nav aria-label="Parts of the console" className={classes.links}>
          <Links onFollow={close} waiting={waiting} />
        </nav>
        <Who />
      </div>
      <main className={classes.main} id="content" tabIndex={-1}>
        {children}
      </main>
      <Tabs waiting={waiting} />
    </FollowContext>
  );
}

function Links({
  onFollow,
  waiting,
}: {
  readonly onFollow: () => void;
  readonly waiting: number;
}): ReactNode {
  const viewer = useViewer();
  return sections
    .filter((section) => isShown(section, viewer))
    .map(({ to, name, icon }) => (
      <Link
        activeOptions={{ exact: to === '/' }}
        className={classes.link}
        key={to}
        onClick={onFollow}
        to={to}
      >
        <Icon name={icon} />
        {name}
        {to === '/inbox' && waiting > 0 ? (
          <span className={classes.count}>
            {waiting}
            <span className="visually-hidden"> waiting</span>
          </span>
        ) : null}
      </Link>
    ));
}

/** On small screens the parts that one reaches for with a thumb. */
function Tabs({ waiting }: { readonly waiting: number }): ReactNode {
  const viewer = useViewer();
  return (
    <nav aria-label="Main parts" className={classes.tabs}>
      {sections
        .filter((section) => section.isMain === true && isShown(section, viewer))
        .map(({ to, name, icon }) => (
          <Link activeOptions={{ exact: to === '/' }} className={classes.tab} key={to} to={to}>
            <Icon name={icon} size={20} />
            {name}
            {to === '/inbox' && waiting > 0 ? <span className={classes.tabCount}>{waiting}</span> : null}
          </Link>
        ))}
    </nav>
  );
}

function SchemeButton(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark =
    colorScheme === 'dark' ||
    (colorScheme === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  const label = isDark ? 'Light colours' : 'Dark colours';
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        color="gray"
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
        size="lg"
        variant="subtle"
      >
        <Icon name={isDark ? 'sun' : 'moon'} />
      </ActionIcon>
    </Tooltip>
  );
}

function Who(): ReactNode {
  const { principal, roles } = useViewer();
  const leave = async (): Promise<void> => {
    await signOut();
    queryClient.clear();
    window.location.assign('/console/');
  };
  return (
    <Menu position="top-start" width={200}>
      <Menu.Target>
        <button className={classes.who} type="button">
          <Icon name="person" size={20} />
          <span>
            <span className={classes.whoName}>
              <VisibleText>{principal.subject}</VisibleText>
            </span>
            <span className={classes.whoRoles}>{roles.join(', ') || 'requests only'}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="exit" size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** How many requests wait for this person. */
function useWaiting(): number {
  const { data } = useInfiniteQuery(approvals('open'));
  return (data?.pages ?? []).flatMap((page) => page.approvals).filter(({ canAnswer }) => canAnswer).length;
}
