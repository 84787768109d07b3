import { useLingui } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Menu, MenuChoice, MenuItem, MenuLine, MenuLink } from '#/design';
import { LANGUAGES, type Language, setLanguage } from '#/i18n';
import { setTheme, useSignOut, useTheme } from '#/session';

/** What one has everywhere: account, look, language, the way out. */
export default function AccountMenu(props: { trigger: ReactElement; open?: boolean }) {
  const { t, i18n } = useLingui();
  const theme = useTheme();
  const signOut = useSignOut();
  return (
    <Menu trigger={props.trigger} open={props.open ?? false}>
      <MenuLink to="/account" icon="person">
        {t`Wallets and sessions`}
      </MenuLink>
      <MenuLine />
      <MenuChoice
        label={t`Look`}
        value={theme}
        onChange={setTheme}
        choices={[
          { value: 'system', name: t`As the system` },
          { value: 'light', name: t`Light` },
          { value: 'dark', name: t`Dark` },
        ]}
      />
      <MenuLine />
      <MenuChoice
        label={t`Language`}
        value={i18n.locale as Language}
        onChange={(language) => void setLanguage(language)}
        choices={LANGUAGES.map(({ value, name }) => ({ value, name, lang: value }))}
      />
      <MenuLine />
      <MenuItem icon="out" onClick={() => void signOut()}>
        {t`Sign out`}
      </MenuItem>
    </Menu>
  );
}
