import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type NeuronAt, neuronText } from '../state/neuron-at.ts';

/** What {@link Link} and `navigate` take to go to its page. */
export const neuronAddress = (model: string, { layer, neuron, expert = 0 }: NeuronAt) =>
  ({
    to: '/m/$model/neuron/$layer/$neuron',
    params: { model, layer, neuron },
    search: expert > 0 ? { expert } : {},
  }) as const;

interface NeuronLinkProps extends Pick<LinkProps, 'preload'> {
  model: string;
  at: NeuronAt;
  className?: string;
  /** Absent: its place. */
  children?: ReactNode;
}

/** Leads to a neuron's page, whichever expert it belongs to. */
export function NeuronLink({ model, at, className = 'mono', preload, children }: NeuronLinkProps) {
  const { expert = 0, layer, neuron } = at;
  return (
    <Link
      {...neuronAddress(model, at)}
      className={className}
      preload={preload}
      title={expert > 0 ? `Layer ${layer}, expert ${expert}, neuron ${neuron}` : undefined}
    >
      {children ?? neuronText(at)}
    </Link>
  );
}
