import { useLocation } from 'react-router';
import { NoSuchPage } from '#/app/NoSuchPage';
import { FeesPage } from './FeesPage';
import { FrontFrame } from './FrontFrame';
import { FrontPage } from './FrontPage';
import { ProofPage } from './ProofPage';
import { StatesPage } from './StatesPage';

/** What anybody may read without an account. */
export default function Front() {
  const { pathname } = useLocation();
  switch (pathname.replace(/\/$/, '')) {
    case '':
      return <FrontPage />;
    case '/proof':
      return <ProofPage />;
    case '/fees':
      return <FeesPage />;
    case '/states':
      return <StatesPage />;
    default:
      return (
        <FrontFrame>
          <NoSuchPage />
        </FrontFrame>
      );
  }
}
