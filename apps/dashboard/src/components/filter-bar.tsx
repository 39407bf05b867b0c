import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { Filters } from './url-filters';

export type FilterField =
  | { readonly kind: 'text'; readonly name: string; readonly label: string; readonly placeholder?: string }
  | { readonly kind: 'time'; readonly name: string; readonly label: string }
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly options: readonly { readonly value: string; readonly label: string }[];
    };

interface FilterBarProps {
  readonly fields: readonly FilterField[];
  readonly filters: Filters;
  readonly onChange: (changes: Filters) => void;
  readonly onClear: () => void;
}

/** One field for each filter; what is typed takes effect when the typing pauses. */
export function FilterBar({ fields, filters, onChange, onClear }: FilterBarProps) {
  return (
    <Group gap="sm" align="flex-end" px="lg" py="md" component="search">
      {fields.map((field) => (
        <FilterInput
          key={field.name}
          field={field}
          value={filters[field.name] ?? ''}
          onChange={(value) => onChange({ [field.name]: value })}
        />
      ))}
      {Object.keys(filters).length > 0 && (
        <Button size="xs" variant="subtle" onClick={onClear} leftSection={<IconX size={14} />}>
          Clear
        </Button>
      )}
    </Group>
  );
}

interface FilterInputProps {
  readonly field: FilterField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function FilterInput({ field, value, onChange }: FilterInputProps) {
  const common = {
    size: 'xs',
    label: field.label,
    w: { base: 'calc(50% - 6px)', xs: field.kind === 'time' ? 190 : 160 },
  } as const;
  if (field.kind === 'choice')
    return (
      <NativeSelect
        {...common}
        data={[{ value: '', label: 'Any' }, ...field.options]}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  if (field.kind === 'time')
    return (
      <TextInput
        {...common}
        type="datetime-local"
        value={localOf(value)}
        onChange={({ currentTarget }) => onChange(instantOf(currentTarget.value))}
      />
    );
  return <TypedFilter common={common} placeholder={field.placeholder} value={value} onChange={onChange} />;
}

interface TypedFilterProps extends Omit<FilterInputProps, 'field'> {
  readonly common: { readonly size: 'xs'; readonly label: string; readonly w: object };
  readonly placeholder: string | undefined;
}

function TypedFilter({ common, placeholder, value, onChange }: TypedFilterProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const settle = useDebouncedCallback(onChange, 400);
  // Cleared, or gone back to another address.
  if (value !== known) {
    setKnown(value);
    setTyped(value);
  }
  return (
    <TextInput
      {...common}
      placeholder={placeholder}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        settle(currentTarget.value.trim());
      }}
    />
  );
}

/** An instant as the field shows it, in the zone of this machine. */
function localOf(instant: string): string {
  if (instant === '' || Number.isNaN(Date.parse(instant))) return '';
  const date = new Date(instant);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function instantOf(local: string): string {
  return local === '' ? '' : new Date(local).toISOString();
}
