import type { ReactNode } from 'react';
import classes from './facts.module.css';

interface FactsProps {
  /** What is null is left out. */
  readonly of: readonly (readonly [label: string, value: ReactNode])[];
}

/** Names and values below each other. */
export function Facts({ of }: FactsProps) {
  return (
    <dl className={classes.facts}>
      {of
        .filter(([, value]) => value !== null)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
