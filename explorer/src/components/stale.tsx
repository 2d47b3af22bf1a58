import { createContext, type ReactNode, useContext } from 'react';

const Waiting = createContext(false);

interface StaleProps {
  when: boolean;
  className?: string;
  children: ReactNode;
}

/** What still shows the answer before the one that was asked for: faded, and not to be saved under the new address. */
export function Stale({ when, className, children }: StaleProps) {
  const classes = [className, when && 'stale'].filter(Boolean).join(' ');
  return (
    <Waiting value={useContext(Waiting) || when}>
      <div className={classes || undefined} aria-busy={when}>
        {children}
      </div>
    </Waiting>
  );
}

/** Whether what is shown here is on its way out. */
export const useStale = (): boolean => useContext(Waiting);
