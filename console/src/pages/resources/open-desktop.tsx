/** Opens a desktop: a session credential, and the file that clients of RDP open. */
import { Alert, Button, Checkbox, CopyButton, Group, Modal, Select, Stack } from '@mantine/core';
import { type UseMutationResult, useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { IssuedCredential } from '../../../../gateway/src/api/contract/credential.ts';
import type { ApiResourceView } from '../../../../gateway/src/api/contract/resource.ts';
import { ask, open, toQuery } from '../../api/ask.ts';
import { saveFile } from '../../api/save-file.ts';
import { durationText, fullTime } from '../../design/moments.tsx';
import { Facts, Mono } from '../../design/pieces.tsx';

/** In seconds. */
const DURATIONS = [900, 3_600, 28_800];
/** Stands for the first account that the policy permits. */
const ANY = '';

/** What the form asks for. */
interface Wanted {
  readonly account: string;
  readonly expiresIn: number;
  readonly clipboard: boolean;
  readonly drives: boolean;
}

/** A credential, and its file; without one, why. */
interface Door {
  readonly issued: IssuedCredential;
  readonly file?: Blob;
  readonly problem?: string;
}

/** A button, and the form behind it. */
export function OpenDesktop({ resource }: { readonly resource: ApiResourceView }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  // What is closed is forgotten: the secret is in no cache.
  const door = useMutation({ mutationFn: (wanted: Wanted) => openDoor(resource.name, wanted), gcTime: 0 });
  const close = (): void => {
    setIsOpen(false);
    door.reset();
  };
  return (
    <>
      <Button onClick={() => setIsOpen(true)} size="compact-sm" variant="light">
        Open this desktop
      </Button>
      <Modal centered onClose={close} opened={isOpen} title={`Open ${resource.name}`}>
        {door.data === undefined ? (
          <DoorForm door={door} onClose={close} resource={resource} />
        ) : (
          <Opened door={door.data} name={fileName(resource.name)} onClose={close} />
        )}
      </Modal>
    </>
  );
}

function DoorForm(props: {
  readonly resource: ApiResourceView;
  readonly door: UseMutationResult<Door, Error, Wanted>;
  readonly onClose: () => void;
}): ReactNode {
  const { resource, door, onClose } = props;
  const [wanted, setWanted] = useState<Wanted>({
    account: ANY,
    expiresIn: 3_600,
    clipboard: false,
    drives: false,
  });
  const accounts = [...new Set(resource.targets.map(({ account }) => account))];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        door.mutate(wanted);
      }}
    >
      <Stack gap="md">
        <Select
          allowDeselect={false}
          data={[
            { value: ANY, label: 'the first that the policy permits' },
            ...accounts.map((value) => ({ value, label: value })),
          ]}
          label="Account"
          onChange={(value) => setWanted({ ...wanted, account: value ?? ANY })}
          value={wanted.account}
        />
        <Select
          allowDeselect={false}
          data={DURATIONS.map((value) => ({ value: String(value), label: durationText(value * 1000) }))}
          description="It ends with your sign-in at the latest"
          label="For how long"
          onChange={(value) => setWanted({ ...wanted, expiresIn: Number(value ?? 3_600) })}
          value={String(wanted.expiresIn)}
        />
        <Checkbox
          checked={wanted.clipboard}
          description="The policy decides what passes"
          label="Offer the clipboard of this machine"
          onChange={({ currentTarget: { checked } }) => setWanted({ ...wanted, clipboard: checked })}
        />
        <Checkbox
          checked={wanted.drives}
          description="The policy decides what passes"
          label="Offer its drives"
          onChange={({ currentTarget: { checked } }) => setWanted({ ...wanted, drives: checked })}
        />
        {door.error === null ? null : (
          <Alert color="red" variant="light">
            {door.error.message}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button onClick={onClose} variant="default">
            Not now
          </Button>
          <Button loading={door.isPending} type="submit">
            Make the file
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Opened(props: {
  readonly door: Door;
  readonly name: string;
  readonly onClose: () => void;
}): ReactNode {
  const { door, name, onClose } = props;
  const { secret, account, expiresAt, host, port, user } = door.issued;
  return (
    <Stack gap="md">
      {door.file === undefined ? (
        <Alert color="red" variant="light">
          {door.problem}
        </Alert>
      ) : (
        <p>
          Open <Mono>{name}</Mono> with a client of RDP. It asks for this secret, which is not in the file and
          is shown this once:
        </p>
      )}
      <Group justify="space-between" wrap="nowrap">
        <output aria-label="Secret">
          <Mono>{secret}</Mono>
        </output>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button onClick={copy} size="compact-sm" variant="light">
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Facts
        facts={[
          ['Account', <Mono key="a">{account}</Mono>],
          ['Until', fullTime(expiresAt)],
          ['Gateway', <Mono key="g">{`${host}:${port}`}</Mono>],
          ['User name', <Mono key="u">{user}</Mono>],
        ]}
      />
      <Group justify="flex-end">
        {door.file === undefined ? null : (
          <Button onClick={() => saveFile(name, door.file ?? new Blob())} variant="default">
            Save the file again
          </Button>
        )}
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}

async function openDoor(resource: string, wanted: Wanted): Promise<Door> {
  const { account, expiresIn, clipboard, drives } = wanted;
  const body = { resource, protocol: 'rdp', expiresIn, ...(account === ANY ? {} : { account }) };
  const issued = await ask<IssuedCredential>('/v1/credentials', { body });
  const query = toQuery({ clipboard: clipboard ? '1' : '0', drives: drives ? '1' : '0' });
  try {
    const answer = await open(`/v1/credentials/${issued.id}/rdp${query}`);
    const file = await answer.blob();
    saveFile(fileName(resource), file);
    return { issued, file };
  } catch (error) {
    // The credential is there: it can be typed by hand.
    return { issued, problem: error instanceof Error ? error.message : 'there is no file' };
  }
}

function fileName(resource: string): string {
  return `${resource.replaceAll(/[^\w.-]/g, '_')}.rdp`;
}
