import { SegmentedControl } from '@mantine/core';

/** How fast a recording is played, in times of what it took. */
const SPEEDS = ['0.5', '1', '2', '4', '8'] as const;

/** Lets a person choose how fast it is played. */
export function SpeedControl({
  speed,
  onChange,
}: {
  readonly speed: string;
  readonly onChange: (speed: string) => void;
}) {
  return (
    <SegmentedControl
      aria-label="Speed"
      data={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
      onChange={onChange}
      size="xs"
      value={speed}
    />
  );
}
