/**
 * The wallet's own window: a dialog in a shadow tree, apart from the page's styles. It asks before
 * it signs, as every wallet does.
 */
import { ACCOUNTS, type AccountIndex, chooseAccount, chosenAccount } from './keys';
import { Refused } from './refused';
import { STYLE } from './style';

/** The account that signs. */
export interface Who {
  account: AccountIndex;
  address: string;
}

interface Question<Answer> {
  title: string;
  what: string;
  /** Shown letter for letter. */
  text?: string;
  yes: string;
  no?: string;
  who?: Who;
  /** Why one should rather say no. */
  warning?: string;
  /** What stands between the words and the buttons. */
  fill?: (box: HTMLElement, say: (text: string) => void) => void;
  answer: () => Answer;
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
  parent?: Node,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  parent?.appendChild(made);
  return made;
}

/** One question at a time; the answer, or `Refused`. */
let last: Promise<unknown> = Promise.resolve();

function ask<Answer>(question: Question<Answer>): Promise<Answer> {
  const asked = last.then(
    () => show(question),
    () => show(question),
  );
  last = asked;
  return asked;
}

function show<Answer>(question: Question<Answer>): Promise<Answer> {
  const host = document.createElement('earnest-demo-wallet');
  host.lang = 'en';
  host.dir = 'ltr';
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const dialog = element('dialog', '', shadow);
  element('span', 'Demo wallet: play money, keys in this browser', dialog).className = 'tag';
  const title = element('h2', question.title, dialog);
  title.id = 'title';
  dialog.setAttribute('aria-labelledby', 'title');
  element('p', question.what, dialog);
  if (question.who) {
    const line = element('p', '', dialog);
    line.className = 'account';
    element('b', `Account ${ACCOUNTS[question.who.account]} `, line);
    element('small', question.who.address, line);
  }
  if (question.text !== undefined) {
    const text = element('pre', question.text, dialog);
    text.tabIndex = 0;
    text.setAttribute('role', 'group');
    text.setAttribute('aria-label', 'What is signed');
  }
  if (question.warning) {
    const warning = element('p', question.warning, dialog);
    warning.className = 'warning';
    warning.setAttribute('role', 'alert');
  }
  const middle = element('div', '', dialog);
  const row = element('div', '', dialog);
  row.className = 'row';
  const yes = element('button', question.yes, row);
  yes.className = 'main';
  const no = element('button', question.no ?? 'Say no', row);
  const status = element('p', '', dialog);
  status.setAttribute('role', 'status');
  question.fill?.(middle, (text) => {
    status.textContent = text;
  });
  document.body.appendChild(host);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      dialog.close();
      host.remove();
      settle();
    };
    yes.addEventListener('click', () => end(() => resolve(question.answer())));
    no.addEventListener('click', () => end(() => reject(new Refused())));
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      end(() => reject(new Refused()));
    });
    // The page below has dialogs of its own: what is typed and pressed here is not for them.
    for (const name of ['keydown', 'pointerdown', 'mousedown', 'focusin'] as const) {
      host.addEventListener(name, (event) => event.stopPropagation());
    }
  });
}

/** What one can see and do with an account of one chain. */
export interface Till {
  name: string;
  /** In words: what the account has there, or which it is. */
  balance: (account: AccountIndex) => Promise<string>;
  /** Fills it with play money; left out where nothing of it is of use here. */
  faucet?: (account: AccountIndex) => Promise<string>;
}

/** Which account this site may see. */
export function askAccount(till: Till): Promise<AccountIndex> {
  return askChoice({
    title: `Let this site see an account on ${till.name}?`,
    what: 'Be the client with one, and the worker with another.',
    yes: 'Connect',
    tills: [till],
  });
}

/** Another account, at any time, as by the button in a browser's bar. */
export function askPurse(tills: Till[]): Promise<AccountIndex> {
  return askChoice({
    title: 'Your play money',
    what: 'Another account here is another person to the site: sign in with it anew.',
    yes: 'Use this account',
    no: 'Close',
    tills,
  });
}

function askChoice(question: {
  title: string;
  what: string;
  yes: string;
  no?: string;
  tills: Till[];
}): Promise<AccountIndex> {
  let chosen = chosenAccount();
  const { tills, ...words } = question;
  return ask({
    ...words,
    fill(box, say) {
      const field = element('fieldset', '', box);
      element('legend', 'Account', field);
      const shown = ACCOUNTS.map((name, index) => {
        const label = element('label', '', field);
        const radio = element('input', '', label);
        radio.type = 'radio';
        radio.name = 'account';
        radio.checked = index === chosen;
        radio.addEventListener('change', () => {
          chosen = index as AccountIndex;
        });
        element('span', name, label);
        const purse = element('span', '', label);
        purse.className = 'purse';
        return tills.map(() => element('small', '…', purse));
      });
      const read = () => {
        shown.forEach((line, index) => {
          line.forEach((small, at) => {
            tills[at]?.balance(index as AccountIndex).then(
              (text) => {
                small.textContent = text;
              },
              () => {
                small.textContent = 'not known';
              },
            );
          });
        });
      };
      read();
      if (!tills.some(({ faucet }) => faucet)) return;
      const button = element('button', 'Get play money', box);
      button.addEventListener('click', () => {
        say('Asking the faucet…');
        Promise.all(tills.map(({ faucet }) => faucet?.(chosen) ?? '')).then(
          (texts) => {
            say(texts.filter((text) => text !== '').join(' '));
            read();
          },
          (error: Error) => say(`The faucet did not give: ${error.message}`),
        );
      });
      element('p', '', box);
    },
    answer: () => {
      chooseAccount(chosen);
      return chosen;
    },
  });
}

export function askMessage(text: string, who: Who): Promise<void> {
  return ask({
    title: 'Sign this text?',
    what: 'Signing a text moves no money.',
    who,
    text,
    yes: 'Sign',
    answer: () => undefined,
  });
}

export function askSend(question: {
  what: string;
  who: Who;
  lines: string[];
  warning?: string;
}): Promise<void> {
  const { lines, ...rest } = question;
  return ask({
    ...rest,
    title: 'Sign and send?',
    text: lines.join('\n'),
    yes: 'Sign and send',
    answer: () => undefined,
  });
}
