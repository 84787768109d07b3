import { FrontPage } from './FrontPage';

/** What anybody may read without an account. */
export default function Front() {
  return <FrontPage />;
}
