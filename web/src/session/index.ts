export { usePay } from './payments';
export { SignedIn, SignInProvider, useSignIn } from './SignIn';
export {
  connectedWallet,
  isSolana,
  isStacks,
  keepWallet,
  useSession,
  useSignOut,
  useUser,
} from './session';
export { type Site, siteQuery, useExplorer, useSite } from './site';
export { setTheme, type Theme, useTheme } from './theme';
export { useWallet, type WalletAsker } from './useWallet';
export { CHAIN_NAMES, WalletList } from './WalletList';
