import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { type PresenceState, stateOf } from '../state/presence';
import { parley } from '../state/store';

// Browsers take no longer delays.
const LONGEST_MS = 24 * 3_600_000;

/** What to show of somebody now, also when the time has come until which they were busy. */
export function usePresence(userId: string | undefined): PresenceState {
  const presence = useStore(parley, (state) => state.presences[userId ?? '']);
  const until = presence?.busyUntil ?? null;
  const [, look] = useState(0);
  useEffect(() => {
    if (until === null) return;
    const left = Math.min(LONGEST_MS, Date.parse(until) - Date.now());
    const timer = left > 0 ? setTimeout(() => look((times) => times + 1), left) : undefined;
    return () => clearTimeout(timer);
  }, [until]);
  return stateOf(presence, Date.now());
}
