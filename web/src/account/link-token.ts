import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';

/** The token of an invitation that the address carries: /register#token. */
export function inviteInAddress(): string {
  return location.pathname === '/register' ? location.hash.slice(1) : '';
}

/**
 * The token of a link in a mail, which stands behind the '#' and so is sent to no
 * server by opening it. It is taken out of the address bar, and out of the history.
 */
export function useLinkToken(): string {
  const { hash, pathname } = useLocation();
  const navigate = useNavigate();
  const [token, setToken] = useState(() => hash.slice(1));
  useEffect(() => {
    if (!hash) return;
    // Another link may be opened in the same tab.
    setToken(hash.slice(1));
    void navigate(pathname, { replace: true });
  }, [hash, pathname, navigate]);
  return token;
}
