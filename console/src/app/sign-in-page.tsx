/** For who is not signed in, or could not be. */
import { Alert, Button } from '@mantine/core';
import type { ReactNode } from 'react';
import mark from '../design/mark.svg';
import classes from './shell.module.css';

/** Why it did not work, by the code that the gateway gave. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_CONSOLE_SIGN_IN_STATE: 'This sign-in was not begun in this browser, or it took too long. Begin again.',
  ERR_CONSOLE_SIGN_IN_REFUSED:
    'The identity provider did not let you in. Ask who runs it for access to the console.',
  ERR_CONSOLE_SIGN_IN_TOKEN:
    'The identity provider let you in, but gave no token that the gateway accepts. Its administrator has to name the gateway as audience.',
  ERR_CONSOLE_BUSY: 'Too many people sign in at this moment. Try again soon.',
  ERR_LISTENER_THROTTLED: 'There were too many failed attempts from your address. Try again in a minute.',
  ERR_IDENTITY_FETCH_FAILED: 'The identity provider cannot be reached at this moment. Try again soon.',
  ERR_IDENTITY_DISCOVERY_INVALID: 'The identity provider is not set up for the console.',
};

/** A card with one button. @param to where to go on, a path of the console */
export function SignInPage({ to, because }: { readonly to: string; readonly because?: string }): ReactNode {
  const reason = because === undefined ? undefined : (REASONS[because] ?? `It did not work (${because}).`);
  return (
    <main className={classes.signIn}>
      <title>Sign in · Sallyport</title>
      <div className={classes.card}>
        <img alt="" height={56} src={mark} width={56} />
        <h1>Sallyport</h1>
        <p>What your agents ask for, who decided, and what came back.</p>
        {reason === undefined ? null : (
          <Alert color="red" mb="lg" ta="start" variant="light">
            {reason}
          </Alert>
        )}
        <Button component="a" fullWidth href={`/console/sign-in?to=${encodeURIComponent(to)}`} size="md">
          Sign in
        </Button>
      </div>
    </main>
  );
}
