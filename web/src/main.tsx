import './styles/base.css';
import './ui/texts';
import { Component, lazy, type ReactNode, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Navigate, Route, Routes, useNavigate } from 'react-router';
import { useStore } from 'zustand';
import { Warning } from './account/Warning';
import { Client } from './connection/client';
import { provideActions } from './state/actions';
import { parley } from './state/store';
import { Crash, Starting } from './ui/Starting';
import { chooseTheme, chosenTheme } from './ui/theme';
import { addressOf, chatAskedAbout, chatToOpen } from './worker/notification';

const SignIn = lazy(() => import('./account/SignIn'));
const PhoneSignIn = lazy(() => import('./account/PhoneSignIn'));
const Provider = lazy(() => import('./account/Provider'));
const ForgotPassword = lazy(() => import('./account/ForgotPassword'));
const ResetPassword = lazy(() => import('./account/ResetPassword'));
const VerifyEmail = lazy(() => import('./account/VerifyEmail'));
const Register = lazy(() => import('./account/Register'));
const SettingsPage = lazy(() => import('./settings/SettingsPage'));
const ChatsPage = lazy(() => import('./chat/ChatsPage'));
const Conversation = lazy(() =>
  import('./chat/Conversation').then((module) => ({ default: module.Conversation })),
);
const NoConversation = lazy(() =>
  import('./chat/Conversation').then((module) => ({ default: module.NoConversation })),
);

function App() {
  const phase = useStore(parley, (state) => state.phase);
  if (phase === 'starting') return <Starting />;
  return (
    <Routes>
      {/* Links in mails are opened wherever the mail is read, signed in or not. */}
      <Route path="/verify-email" element={<VerifyEmail />} />
      <Route path="/reset-password" element={<ResetPassword />} />
      <Route path="/forgot-password" element={<ForgotPassword />} />
      <Route path="*" element={phase === 'signed-in' ? <SignedIn /> : <SignedOut />} />
    </Routes>
  );
}

function SignedOut() {
  return (
    <Routes>
      <Route path="/register" element={<Register />} />
      <Route path="/sign-in" element={<SignIn />} />
      <Route path="/sign-in/phone" element={<PhoneSignIn />} />
      <Route path="/sign-in/provider" element={<Provider />} />
      <Route path="*" element={<Navigate to="/sign-in" replace />} />
    </Routes>
  );
}

// A click on a notification reaches a window that is open as the worker's message. Before it shows
// one, the worker asks whether its chat is on the screen, with what was written.
function useWorkersMessages() {
  const navigate = useNavigate();
  useEffect(() => {
    const workers = navigator.serviceWorker;
    const listen = ({ data, ports }: MessageEvent) => {
      const chatId = chatToOpen(data);
      if (chatId !== null) void navigate(addressOf(chatId));
      const asked = chatAskedAbout(data);
      if (asked !== null) ports[0]?.postMessage(isShown(asked));
    };
    // Absent where the page did not come by https.
    workers?.addEventListener('message', listen);
    return () => workers?.removeEventListener('message', listen);
  }, [navigate]);
}

function isShown(chatId: string): boolean {
  const shown = document.visibilityState === 'visible' && location.pathname === addressOf(chatId);
  return shown && parley.getState().link === 'online';
}

function SignedIn() {
  useWorkersMessages();
  return (
    <>
      <Warning />
      <Routes>
        <Route path="/" element={<ChatsPage />}>
          <Route index element={<NoConversation />} />
          <Route path="chats/:chatId" element={<Conversation />} />
        </Route>
        <Route path="/settings/:section?" element={<SettingsPage />} />
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </>
  );
}

// The last net: a mistake of ours must not leave an empty page.
class Net extends Component<{ children: ReactNode }, { torn: boolean }> {
  override state = { torn: false };

  static getDerivedStateFromError() {
    return { torn: true };
  }

  override render() {
    return this.state.torn ? <Crash /> : this.props.children;
  }
}

chooseTheme(chosenTheme());
const client = new Client(parley);
provideActions(client.actions);
void client.start();

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Net>
        <BrowserRouter>
          <Suspense fallback={<Starting />}>
            <App />
          </Suspense>
        </BrowserRouter>
      </Net>
    </StrictMode>,
  );
}
