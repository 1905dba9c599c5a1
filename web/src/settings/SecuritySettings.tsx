import { useStore } from 'zustand';
import { parley } from '../state/store';
import { Passkeys } from './Passkeys';
import { SecondFactor } from './SecondFactor';
import { SecurityEvents } from './SecurityEvents';
import { Sessions } from './Sessions';

/** Who else could be me, and what keeps them out. */
export function SecuritySettings() {
  const me = useStore(parley, (state) => state.me);
  if (!me) return null;
  return (
    <>
      <SecondFactor me={me} />
      <Passkeys />
      <Sessions />
      <SecurityEvents />
    </>
  );
}
